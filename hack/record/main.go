// Command record runs a session of commands in a terminal and writes what it looked like: as text, as an asciinema cast
// (version 2) and as an SVG that moves. hack/record/run prepares what it needs; `make record` is that.
//
// Two recordings of the same session have the same bytes: what a machine or a moment decides (ids of containers, paths,
// how long ago something was) is replaced, and the times are those of someone who types evenly. So a test can record it
// again and compare, and what the documents show is what urun does.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	session := flag.String("session", "hack/record/session", "the commands")
	bin := flag.String("bin", "bin", "the directory with urun")
	rootfs := flag.String("rootfs", "build/rootfs", "the root file system, of which a copy is used")
	out := flag.String("out", "docs/first-session", "what is written, without .txt, .cast and .svg")
	flag.Parse()
	if err := record(*session, *bin, *rootfs, *out); err != nil {
		fmt.Fprintln(os.Stderr, "record:", err)
		os.Exit(1)
	}
}

func record(session, bin, rootfs, out string) error {
	if os.Getuid() == 0 {
		return errors.New("the session is a normal user's: make record makes one")
	}
	r, err := recordingOf(session, bin, rootfs)
	if err != nil {
		return err
	}
	for _, f := range r.files() {
		if err := os.WriteFile(out+f.ending, f.content, 0o644); err != nil {
			return err
		}
		fmt.Printf("wrote %s%s, %d bytes\n", out, f.ending, len(f.content))
	}
	return nil
}

// recordingOf runs the session in a place of its own.
func recordingOf(session, bin, rootfs string) (recording, error) {
	b, err := os.ReadFile(session)
	if err != nil {
		return recording{}, err
	}
	script, err := parse(string(b))
	if err != nil {
		return recording{}, fmt.Errorf("read %s: %w", session, err)
	}
	p, err := newPlace(bin, rootfs)
	if err != nil {
		return recording{}, err
	}
	defer p.remove()
	if err := p.play(script); err != nil {
		return recording{}, err
	}
	normalize(script, p.replacements())
	return recording{script}, nil
}
