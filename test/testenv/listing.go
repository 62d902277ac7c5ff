package testenv

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Listing is a directory tree as text: a line for each file with its path, mode, owner, size, and the hash of its
// contents or its target. Two listings of a tree are equal when nothing was changed in between.
func Listing(dir string) (string, error) {
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		fmt.Fprintf(&b, "%s %v %d:%d", path, info.Mode(), st.Uid, st.Gid)
		switch {
		case info.Mode().IsRegular():
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %d %x", len(text), sha256.Sum256(text))
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			b.WriteString(" -> " + target)
		}
		b.WriteByte('\n')
		return nil
	})
	return b.String(), err
}

// NewCanary makes a directory tree that no container may change: put it beside a root filesystem and compare its
// Listing afterwards.
func NewCanary(dir string) error {
	for _, d := range []string{"etc", "dev", "proc", "private"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	for path, text := range map[string]string{
		"file": "untouched\n", "etc/passwd": "root:x:0:0::/:/bin/sh\n", "dev/null": "not a device\n", "private/key": "secret\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
			return err
		}
	}
	if err := os.Chmod(filepath.Join(dir, "private"), 0o700); err != nil {
		return err
	}
	return os.Symlink("file", filepath.Join(dir, "link"))
}
