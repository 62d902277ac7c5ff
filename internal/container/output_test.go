package container

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/logfile"
)

// Someone who was given an end of the output, and lives in another container, does not keep this one from ending; and what
// was written before is logged, however much.
func TestOutputEndsWithTheCommand(t *testing.T) {
	for _, certain := range []bool{true, false} {
		dir := t.TempDir()
		log, err := logfile.Create(dir, logfile.Options{MaxFiles: 1})
		if err != nil {
			t.Fatal(err)
		}
		o := &output{log: log}
		var ends []int
		for _, s := range []stream{{kind: 'o', name: logfile.Stdout}, {kind: 'e', name: logfile.Stderr}} {
			inside, from, err := pipe(true)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(inside) // it stays open
			s.from = from
			o.streams, ends = append(o.streams, &s), append(ends, inside)
		}
		if err := o.begin(filepath.Join(dir), false); err != nil {
			t.Fatal(err)
		}
		line := append(bytes.Repeat([]byte("x"), 99), '\n')
		const lines = 600 // nearly what a pipe holds
		for range lines {
			if _, err := unix.Write(ends[0], line); err != nil {
				t.Fatal(err)
			}
		}
		ended := make(chan struct{})
		go func() {
			o.drain(certain)
			if lost := o.closeLog(); lost != "" {
				t.Error(lost)
			}
			o.end(0)
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			t.Fatalf("certain %t: the end of the pipe is waited for", certain)
		}
		n := 0
		err = logfile.Read(context.Background(), dir, logfile.Query{Tail: -1}, nil, func(l logfile.Line) error {
			if bytes.Equal(l.Text, line[:99]) {
				n++
			}
			return nil
		})
		if err != nil || n != lines {
			t.Errorf("certain %t: %d of %d lines are in the log, %v", certain, n, lines, err)
		}
		o.close()
	}
}
