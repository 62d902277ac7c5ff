package state

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ownerFile tells in the directory of a log where the container's record is.
const ownerFile = "record"

// unowned begins the name of a log's directory before it has that file.
const unowned = "new."

// longGone is for how long the log of a container stays whose record went with the
// runtime directory, at a logout or a restart of the machine.
const longGone = 7 * 24 * time.Hour

// MakeLog makes a directory for the log of a container in the first of the directories
// that can be had, and tells there where the record is.
func (d *Dir) MakeLog(paths []string, id string) (string, error) {
	err := os.ErrNotExist
	for _, path := range paths {
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			continue
		}
		if _, err = own(path); err != nil {
			continue
		}
		// Under another name until it says whose it is: nobody could tell that it is left over.
		dir, next := filepath.Join(path, id), filepath.Join(path, unowned+id)
		if err = os.Mkdir(next, 0o700); err != nil {
			continue
		}
		if err = os.WriteFile(filepath.Join(next, ownerFile), []byte(d.Of(id)+"\n"), 0o600); err == nil {
			err = os.Rename(next, dir)
		}
		if err != nil {
			_ = RemoveLog(next, os.Remove) // it is empty, or nearly
			continue
		}
		return dir, nil
	}
	return "", err
}

// RemoveLog removes the directory of a log, which files removes with what else is in it.
func RemoveLog(dir string, files func(dir string) error) error {
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		return &os.PathError{Op: "remove the log", Path: dir, Err: unix.ENOTDIR} // a link leads to somebody else's files
	}
	err := os.Remove(filepath.Join(dir, ownerFile))
	if err == nil || os.IsNotExist(err) {
		err = files(dir)
	}
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// SweepLogs removes the logs of containers that have had no record for long.
func SweepLogs(path string, files func(dir string) error) {
	if _, err := os.Lstat(path); err != nil {
		return // and is not to be made
	}
	if _, err := own(path); err != nil {
		return // in /tmp it may be another's, whose links would lead to the caller's files
	}
	entries, _ := os.ReadDir(path) // where none are, none are old
	for _, entry := range entries {
		if !entry.IsDir() {
			continue
		}
		dir := filepath.Join(path, entry.Name())
		owner, err := Peek(filepath.Join(dir, ownerFile))
		if at, _ := newest(dir); strings.HasPrefix(entry.Name(), unowned) && time.Since(at) > time.Minute {
			_ = RemoveLog(dir, os.Remove) // whoever made it was killed
			continue
		}
		if err != nil {
			continue // not made by MakeLog, or not yet
		}
		if _, err := os.Lstat(strings.TrimSpace(string(owner))); !os.IsNotExist(err) {
			continue
		}
		if at, written := newest(dir); time.Since(at) > longGone || !written && time.Since(at) > time.Minute { // one that does not start any more
			_ = RemoveLog(dir, files) // the next one tries again
		}
	}
}

// newest is when a file of the directory was last written to, or the directory made that has
// none yet, and whether there is anything in the log.
func newest(dir string) (at time.Time, written bool) {
	entries, err := os.ReadDir(dir)
	if made, wrong := os.Lstat(dir); len(entries) == 0 && wrong == nil {
		at = made.ModTime()
	} else if err != nil || wrong != nil {
		return time.Now(), true // it is just being removed
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			continue
		}
		if info.ModTime().After(at) {
			at = info.ModTime()
		}
		written = written || entry.Name() != ownerFile && info.Size() > 0
	}
	return at, written
}
