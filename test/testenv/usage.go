package testenv

import (
	"os"
	"syscall"
)

// maxRSS is the most memory a process had, in bytes; getrusage(2) counts kilobytes.
func maxRSS(p *os.ProcessState) int64 {
	return p.SysUsage().(*syscall.Rusage).Maxrss << 10
}
