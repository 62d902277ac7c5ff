package container

import (
	"os"

	"golang.org/x/sys/unix"
)

// Terminals tells which of standard input, output and error are terminals of the caller's: 0
// is none, and those with the same number are the same terminal.
type Terminals [3]int

// FindTerminals looks at urun's own.
func FindTerminals() (t Terminals) {
	var seen [3]unix.Stat_t
	for fd := range 3 {
		if _, err := unix.IoctlGetTermios(fd, unix.TCGETS); err != nil || unix.Fstat(fd, &seen[fd]) != nil {
			continue
		}
		t[fd] = fd + 1
		for other := range fd {
			if t[other] != 0 && seen[other].Dev == seen[fd].Dev && seen[other].Ino == seen[fd].Ino {
				t[fd] = t[other]
			}
		}
	}
	return t
}

// handed is in place of a descriptor that the command gets as the caller has it.
const handed = -2

// openTerminals makes pipes in place of the caller's terminals, for a command that gets none
// of its own. Who has a terminal open inside keeps it when the command has ended: they read
// what is typed there, change its modes, and write what it answers as if it were typed.
// Files and pipes are handed in as they are.
func (l *launch) openTerminals(dry bool) (err error) {
	o, t := &l.out, l.opt.TTYs
	if t == (Terminals{}) || l.spec.Process.Terminal {
		return nil
	}
	o.terminals, o.inside = true, []int{handed, handed, handed}
	o.merged = t[2] != 0 && t[2] == t[1]
	for fd, tty := range t {
		switch {
		case tty == 0 || fd == 2 && o.merged:
			continue
		case dry:
			o.inside[fd] = -1
		case fd == 0:
			if o.inside[0], o.stdin, err = pipe(false); err == nil {
				o.keys = newKeyboard(o.stdin)
			}
		default:
			s := &stream{to: []*os.File{1: os.Stdout, 2: os.Stderr}[fd]}
			if o.inside[fd], s.from, err = pipe(true); err == nil {
				o.streams = append(o.streams, s)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// beginTerminals copies from and to them, once the command runs.
func (o *output) beginTerminals() {
	if !o.terminals {
		return
	}
	o.closeInside()
	for _, s := range o.streams {
		o.done.Add(1)
		go o.pump(s)
	}
	if o.keys != nil {
		o.stdin = nil // it is the keyboard's
		go o.keys.copy()
	}
}
