package cgroup2

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// MissingError tells of a limit that the kernel does not have after it was set.
type MissingError struct {
	Setting
	Have      string   // what the file holds; "" without the file
	Delegated []string // the controllers that the cgroup has
	Err       error    // why it could not be written, if that was tried
}

func (e *MissingError) Error() string {
	switch {
	case e.Err != nil:
		return fmt.Sprintf("set %s: %v", e.Setting, e.Err)
	case e.Have == "" && !e.Undelegated():
		return fmt.Sprintf("set %s: the kernel has no such file", e.Setting)
	case e.Have == "":
		return fmt.Sprintf("set %s: the cgroup has no controller %s", e.Setting, e.Controller())
	}
	return fmt.Sprintf("set %s: the kernel has %q", e.Setting, e.Have)
}

func (e *MissingError) Unwrap() error { return e.Err }

// Undelegated tells that the cgroup lacks the setting's controller.
func (e *MissingError) Undelegated() bool { return !slices.Contains(e.Delegated, e.Controller()) }

// Apply writes the settings that the cgroup does not have yet and reads all of them
// back. The error of the first that did not arrive is a [*MissingError]. Without is
// what implied settings had to be left out.
func (g *Group) Apply(settings []Setting) (without []Setting, err error) {
	for _, s := range settings {
		have, err := g.Read(s.File)
		if err == nil && s.holds(have) {
			if err := g.effective(s); err != nil {
				return without, err
			}
			continue
		}
		var wrote error
		if err == nil {
			if wrote = g.Write(s.File, s.Value); wrote == nil {
				if have, err = g.Read(s.File); err == nil && s.holds(have) {
					if err := g.effective(s); err != nil {
						return without, err
					}
					continue
				}
			}
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return without, err
		}
		if s.Implied && errors.Is(err, os.ErrNotExist) {
			without = append(without, s)
			continue
		}
		return without, &MissingError{Setting: s, Have: strings.TrimSpace(have), Delegated: g.Controllers(), Err: wrote}
	}
	return without, nil
}

// effective makes sure of a set that the cgroups above have nothing of: the kernel takes it, and
// uses theirs instead.
func (g *Group) effective(s Setting) error {
	if bySet[s.File] == "" {
		return nil
	}
	content, err := g.Read(s.File + ".effective")
	if err != nil {
		return err
	}
	want, _ := ParseSet(s.Value)
	if have, err := ParseSet(content); err != nil || len(have.Without(want)) > 0 {
		return &MissingError{Setting: Setting{File: s.File, Value: s.Value}, Have: strings.TrimSpace(content), Delegated: g.Controllers()}
	}
	return nil
}

// holds tells whether a file's content says what was asked for. The kernel rounds
// bytes down to pages and writes sets and devices in its own way.
func (s Setting) holds(content string) bool {
	content = strings.TrimSpace(content)
	switch {
	case strings.HasPrefix(byNumber[s.File], "Memory"), s.File == "memory.zswap.max":
		return sameBytes(s.Value, content)
	case bySet[s.File] != "":
		want, err1 := ParseSet(s.Value)
		have, err2 := ParseSet(content)
		return err1 == nil && err2 == nil && slices.Equal(want, have)
	case s.File == "cpu.max":
		return sameQuota(s.Value, content)
	case s.File == "io.max" || s.File == "io.weight" || s.File == "rdma.max":
		return hasLine(s.Value, content)
	}
	return content == s.Value
}

func sameBytes(want, have string) bool {
	w, err1 := parseBytes(want)
	h, err2 := strconv.ParseUint(have, 10, 64)
	if err1 != nil || err2 != nil {
		return want == have // max
	}
	page := uint64(os.Getpagesize())
	return h == w || h == w/page*page
}

// parseBytes reads a number as the kernel's memparse does, which knows K, M and so on.
func parseBytes(s string) (uint64, error) {
	shift := 0
	if i := strings.IndexByte("kmgtpe", (s + " ")[max(len(s)-1, 0)]|0x20); i >= 0 {
		s, shift = s[:len(s)-1], 10*(i+1)
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err == nil && n > math.MaxUint64>>shift {
		err = strconv.ErrRange
	}
	return n << shift, err
}

// sameQuota compares shares of a CPU: systemd keeps them as microseconds in a second,
// which cuts off less than one of them.
func sameQuota(want, have string) bool {
	wq, wp, both := strings.Cut(want, " ")
	hq, hp, _ := strings.Cut(have, " ")
	if !both {
		wp = hp // the kernel keeps its own
	}
	if wq == "max" || hq == "max" {
		return wq == hq && wp == hp
	}
	w := float64(number(wq)) / float64(number(wp))
	h := float64(number(hq)) / float64(number(hp))
	return h <= w && w-h < 1e-5+1/float64(number(hp))
}

// hasLine tells whether a line of "device key=value …" or "device value" has all that
// is asked for of that device. A limit that is none may be left out of io.max.
func hasLine(want, content string) bool {
	words := strings.Fields(want)
	for line := range strings.Lines(content) {
		if have := strings.Fields(line); len(have) > 0 && have[0] == words[0] {
			return !slices.ContainsFunc(words[1:], func(w string) bool { return !slices.Contains(have[1:], w) })
		}
	}
	return len(words) > 1 && !slices.ContainsFunc(words[1:], func(w string) bool { return w != "default" && !strings.HasSuffix(w, "=max") })
}

// Controllers are those that the cgroup has.
func (g *Group) Controllers() []string {
	b, _ := g.Read("cgroup.controllers") // a cgroup that is gone has none
	return strings.Fields(b)
}

// readAt reads a small file below a directory.
func readAt(dir int, name string) (string, error) {
	fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", &os.PathError{Op: "open", Path: name, Err: err}
	}
	defer unix.Close(fd)
	return readAll(fd, name)
}

func readAll(fd int, name string) (string, error) {
	var b []byte
	buf := make([]byte, 4096)
	for {
		n, err := unix.Pread(fd, buf, int64(len(b)))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return "", &os.PathError{Op: "read", Path: name, Err: err}
		}
		if n <= 0 {
			return string(b), nil
		}
		b = append(b, buf[:n]...)
	}
}

// Current are the settings with what the cgroup has now, those that it lacks left out.
func (g *Group) Current(settings []Setting) []Setting {
	var list []Setting
	for _, s := range settings {
		content, err := g.Read(s.File)
		if err != nil {
			continue
		}
		if s.File == "io.max" || s.File == "io.weight" || s.File == "rdma.max" {
			list = append(list, s.undo(content))
			continue
		}
		s.Value = strings.TrimSpace(content)
		if s.Value != "" {
			list = append(list, s)
		}
	}
	return list
}

// undo is the setting of a file with a line a device, as it was: "max" and 100 are what
// the kernel leaves out.
func (s Setting) undo(content string) Setting {
	words := strings.Fields(s.Value)
	was := map[string]string{} // of the device, by key; "" is a value without one
	for line := range strings.Lines(content) {
		if have := strings.Fields(line); len(have) > 1 && have[0] == words[0] {
			for _, w := range have[1:] {
				was[keyOf(w)] = w
			}
		}
	}
	for i, w := range words[1:] {
		switch key := keyOf(w); {
		case was[key] != "":
			words[i+1] = was[key]
		case key != "":
			words[i+1] = key + "=max"
		default:
			words[i+1] = "default"
		}
	}
	s.Value = strings.Join(words, " ")
	return s
}

func keyOf(word string) string {
	key, _, keyed := strings.Cut(word, "=")
	if !keyed {
		return ""
	}
	return key
}

// Number is the setting's value, unless it is no limit or no number.
func (s Setting) Number() (uint64, bool) {
	n, err := strconv.ParseUint(s.Value, 10, 64)
	return n, err == nil
}
