package forkexec

import "unsafe"

// The bounds of the init's code in this program's text, from the assembly file.
var initFrom, initTo unsafe.Pointer

// initText is the init's code, which is not to be written.
func initText() []byte {
	return unsafe.Slice((*byte)(initFrom), uintptr(initTo)-uintptr(initFrom))
}
