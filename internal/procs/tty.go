package procs

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// ttyName is the name below /dev of a terminal, of those that people sit at. It is not
// looked up: a container has a /dev of its own.
func ttyName(dev uint32) string {
	major, minor := unix.Major(uint64(dev)), unix.Minor(uint64(dev))
	n := strconv.Itoa(int(minor))
	switch {
	case major == 136:
		return "pts/" + n
	case major == 5 && minor == 1:
		return "console"
	case major == 4 && minor < 64:
		return "tty" + n
	case major == 4:
		return "ttyS" + strconv.Itoa(int(minor)-64)
	}
	return "?"
}
