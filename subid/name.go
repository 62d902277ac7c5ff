package subid

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
)

// Name returns the login name of a uid, which most lines of subuid(5) begin with.
// It is empty without an error when the user has none: in a CI container, say. A
// user of a directory service is asked for with getent(1), and only where the
// passwd line of nsswitch.conf names one.
func Name(uid uint32) (string, error) {
	return Default().Name(uid)
}

// Name is like the function of that name, with f's places.
func (f Files) Name(uid uint32) (string, error) {
	number := strconv.AppendUint(nil, uint64(uid), 10)
	name, err := f.passwd(number)
	if err != nil || name != "" {
		return name, err
	}
	sources, err := databases(f.Nsswitch, "passwd")
	if err != nil || !slices.ContainsFunc(sources, remote) {
		return "", err
	}
	program, err := find(f.Getent)
	if err != nil {
		return "", nil
	}
	// getent says with exit status 2 that there is no such user; a service that
	// cannot be reached gives the same, and then the uid has to do.
	out, err := run(f.Deadline, program, "passwd", string(number))
	if err != nil {
		return "", nil
	}
	name, _ = account(bytes.TrimSuffix(out, []byte{'\n'}), number)
	return name, nil
}

// remote says whether a source may know users that /etc/passwd does not have.
func remote(source string) bool {
	return source != "files" && source != "compat"
}

func (f Files) passwd(number []byte) (string, error) {
	file, err := os.Open(f.Passwd)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	var name string
	done := errors.New("found")
	err = eachLine(file, func(_ int, line []byte, _ bool) error {
		var ok bool
		if name, ok = account(line, number); ok {
			return done
		}
		return nil
	})
	if err != nil && err != done {
		return "", fmt.Errorf("read %s: %w", f.Passwd, err)
	}
	return name, nil
}

// account returns the name in a line name:password:uid:… that has this uid.
func account(line, number []byte) (string, bool) {
	name, rest, _ := bytes.Cut(line, []byte{':'})
	_, rest, _ = bytes.Cut(rest, []byte{':'})
	uid, _, found := bytes.Cut(rest, []byte{':'})
	if !found || len(name) == 0 || !bytes.Equal(uid, number) {
		return "", false
	}
	return string(name), true
}
