package container

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/urun-project/urun/internal/state"
)

// openFiles makes the files of --cidfile and --pidfile, before there is a container that
// could run without them. They go with its record.
func (l *launch) openFiles() error {
	wishes := &l.record.record.Wishes
	for _, f := range []struct{ flag, name string }{{"--cidfile", l.opt.CIDFile}, {"--pidfile", l.opt.PIDFile}} {
		if f.name == "" {
			continue
		}
		name, err := filepath.Abs(f.name)
		if err != nil {
			return fmt.Errorf("%s %s: %w", f.flag, quote(f.name), err)
		}
		if f.flag == "--cidfile" {
			err = write(name, l.opt.ID)
		} else {
			err = l.replace(name, "")
		}
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("--cidfile %s exists already, perhaps of a container that runs; remove it, or name another", quote(f.name))
		}
		if err != nil {
			return fmt.Errorf("%s %s: %s; name a file that you may write", f.flag, quote(f.name), cause(err))
		}
		wishes.Files = append(wishes.Files, name)
		if f.flag == "--pidfile" {
			l.opt.PIDFile = name
		} else {
			l.opt.CIDFile = name
		}
	}
	return nil
}

// tellPid completes the file of --pidfile. That of --cidfile is gone where the start had to
// begin again: it went with the record of the first try.
func (l *launch) tellPid(pid int) error {
	if l.opt.CIDFile != "" {
		if err := write(l.opt.CIDFile, l.opt.ID); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("--cidfile %s: %w", quote(l.opt.CIDFile), err)
		}
	}
	if l.opt.PIDFile == "" {
		return nil
	}
	if err := l.replace(l.opt.PIDFile, strconv.Itoa(pid)); err != nil {
		return fmt.Errorf("--pidfile %s: %w", quote(l.opt.PIDFile), err)
	}
	l.opt.PIDFile = "" // it is complete
	return nil
}

// removeFiles removes those that did not go with the container's record: it may have none,
// or be gone before its pid was told. What another container has made since stays.
func (l *launch) removeFiles() {
	r := &l.record.record
	for _, name := range r.Files {
		said, err := state.Peek(name)
		if s := string(said); err == nil && (s == r.ID || s == strconv.Itoa(r.Pid) || s == "" && name == l.opt.PIDFile) {
			_ = os.Remove(name) // nothing else can be done
		}
	}
}

// write makes a file that does not exist.
func write(name, content string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Close())
}

// replace puts a file in the place of what has the name. A link is not followed: a container
// may be able to write to the directory.
func (l *launch) replace(name, content string) error {
	next := name + "." + l.opt.ID[:min(12, len(l.opt.ID))]
	err := write(next, content)
	if err == nil {
		err = os.Rename(next, name)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		_ = os.Remove(next) // it is of no use
	}
	return err
}
