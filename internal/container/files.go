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
		}
	}
	return nil
}

// tellPid completes the file of --pidfile.
func (l *launch) tellPid(pid int) error {
	if l.opt.PIDFile == "" {
		return nil
	}
	if err := write(l.opt.PIDFile, os.O_WRONLY|os.O_TRUNC, strconv.Itoa(pid)); err != nil {
		return fmt.Errorf("--pidfile %s: %w", quote(l.opt.PIDFile), err)
	}
	return nil
}

// removeFiles removes them where the container has no record that they could go with.
func (l *launch) removeFiles() {
	for _, name := range l.record.record.Files {
		_ = os.Remove(name) // it may be gone already
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
