package ocispec

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestOnlySmallFilesAndPipesAreRead(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("file"), []byte("A=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("full"), make([]byte, largestFile), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at("large"), make([]byte, largestFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, fifo := range []string{"silent", "later", "open"} {
		if err := unix.Mkfifo(at(fifo), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	held, err := os.OpenFile(at("open"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if _, err := held.WriteString("A=1\n"); err != nil {
		t.Fatal(err)
	}
	go func() {
		w, err := os.OpenFile(at("later"), os.O_WRONLY, 0) // which waits for who reads
		if err == nil {
			_, err = w.WriteString("LATER=1\n")
		}
		if err != nil {
			t.Error(err)
			return
		}
		w.Close()
	}()
	const short = 50 * time.Millisecond
	for name, tt := range map[string]struct {
		patience time.Duration
		size     int
		why      string
	}{
		"file": {patience, 4, ""}, "full": {patience, largestFile, ""}, "large": {patience, 0, "it has more than 1 MiB"},
		"later": {time.Minute, 8, ""}, "silent": {short, 0, "it is a pipe to which nobody has written for 50ms"}, "open": {short, 0, "it is a pipe whose end has not come within 50ms"},
		".": {patience, 0, "it is a directory"}, "absent": {patience, 0, "no such file or directory"},
		"/dev/null": {patience, 0, ""}, "/dev/zero": {patience, 0, "it is neither a file nor a pipe"}, "/dev/tty": {patience, 0, "no such device or address"},
	} {
		path := name
		if !strings.HasPrefix(name, "/") {
			path = at(name)
		}
		data, why := readWithin(path, tt.patience)
		if name == "/dev/tty" && why == "it is neither a file nor a pipe" { // the test has a terminal
			continue
		}
		if len(data) != tt.size || why != tt.why {
			t.Errorf("%s: %d bytes, %q; want %d, %q", name, len(data), why, tt.size, tt.why)
		}
	}
}

// A shell's <(COMMAND) is /dev/fd/N.
func TestAPipeIsReadByItsDescriptor(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		_, _ = w.WriteString("A=1\n") // the reader tells
		w.Close()
	}()
	if data, why := readSmall("/dev/fd/" + strconv.Itoa(int(r.Fd()))); string(data) != "A=1\n" || why != "" {
		t.Errorf("%q, %q", data, why)
	}
}
