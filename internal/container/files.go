package container

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
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
		flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
		content := ""
		if f.flag == "--cidfile" {
			flags, content = os.O_WRONLY|os.O_CREATE|os.O_EXCL, l.opt.ID
		}
		err = write(name, flags, content)
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
		if err := write(l.opt.CIDFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, l.opt.ID); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("--cidfile %s: %w", quote(l.opt.CIDFile), err)
		}
	}
	if l.opt.PIDFile == "" {
		return nil
	}
	if err := write(l.opt.PIDFile, os.O_WRONLY|os.O_TRUNC, strconv.Itoa(pid)); err != nil {
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
		st, err := os.Lstat(name)
		if err != nil || !st.Mode().IsRegular() || st.Size() > 100 {
			continue
		}
		said, err := os.ReadFile(name)
		if s := string(said); err == nil && (s == r.ID || s == strconv.Itoa(r.Pid) || s == "" && name == l.opt.PIDFile) {
			_ = os.Remove(name) // nothing else can be done
		}
	}
}

func write(name string, flags int, content string) error {
	f, err := os.OpenFile(name, flags, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Close())
}
