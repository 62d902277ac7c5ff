package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// ownBinary is CVE-2019-5736: the command is /proc/self/exe, whose interpreter is the rootfs's; and without that, an
// ordinary program that looks at the others.
func ownBinary(r *trial) cell {
	if r.binary == "" {
		return cell{untested, "there is no runtime"}
	}
	binary := filepath.Join(r.work, "bin", r.binary)
	var st syscall.Stat_t
	before, err := os.ReadFile(binary)
	err = errors.Join(err, syscall.Stat(binary, &st))
	loader := map[string]string{"amd64": "/lib64/ld-linux-x86-64.so.2", "arm64": "/lib/ld-linux-aarch64.so.1"}[runtime.GOARCH]
	err = errors.Join(err, os.MkdirAll(filepath.Dir(r.rootfs+loader), 0o755), os.Link(r.rootfs+"/bin/withstand", r.rootfs+loader))
	if err != nil {
		return cell{untested, err.Error()}
	}
	args := []string{"inside", "own", fmt.Sprint(st.Dev, ":", st.Ino)}
	c := says("open", "refused:", append([]string{"withstand"}, args...)...)(r)
	if c.verdict == holds {
		if trick, err := r.start(append([]string{"/proc/self/exe"}, args...)...); err == nil && strings.Contains(trick.out, "open") {
			c = cell{open, "as its own command: " + oneLine(trick.out)}
		} else if err == nil {
			c.seen += fmt.Sprintf("; as its own command, exit status %d: %s", trick.status, oneLine(trick.out))
		}
	}
	if after, err := os.ReadFile(binary); err != nil || string(after) != string(before) {
		c = cell{open, "the binary has been changed"}
		_ = os.Remove(binary) // it may still run
		if err := os.WriteFile(binary, before, 0o755); err != nil {
			c.seen += ", and could not be restored: " + err.Error()
		}
	}
	return c
}
