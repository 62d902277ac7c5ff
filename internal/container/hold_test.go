package container

import (
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
)

// hold has the child wait before step i of its program until nobody has the other end of the barriers any more. It tells
// when the child has come there.
func (l *launch) hold(i int) (there func() bool) {
	const two = 2 // steps that are added
	for _, h := range heads(l.program.Steps(), i) {
		l.program.Fail(h, l.program.Steps()[h].On[0])
	}
	end := l.program.Data(make([]byte, 8)) // a struct pollfd without events: its end alone counts
	l.program.Store("the other end of the barriers", end, 0, forkexec.Control)
	l.program.Call("until it has closed", unix.SYS_PPOLL, end, 1, 0, 0, 0)

	// What was added last is moved to its place, and who refers to a step behind that is told.
	steps := l.program.Steps()
	last := len(steps) - two
	wait := slices.Clone(steps[last:])
	copy(steps[i+two:], steps[i:last])
	copy(steps[i:], wait)
	behind := func(ref any) any {
		if r, ok := ref.(forkexec.Ref); ok && int(r) >= i {
			return r + two
		}
		return ref
	}
	for j := range steps {
		s := &steps[j]
		if i <= j && j < i+two {
			s.Into = forkexec.Ref(j)
			continue
		}
		if j < i && j+s.Skip >= i {
			s.Skip += two
		}
		if j < i && j+s.Miss >= i {
			s.Miss += two
		}
		s.Into = behind(s.Into).(forkexec.Ref)
		for k, a := range s.Args {
			s.Args[k] = behind(a)
		}
	}
	for j := range l.tree.Fallbacks {
		l.tree.Fallbacks[j].Step = behind(l.tree.Fallbacks[j].Step)
	}
	for _, at := range []*any{&l.at.keys, &l.at.layer} {
		*at = behind(*at)
	}
	for _, at := range []*int{&l.at.mapped, &l.at.master, &l.at.placed, &l.at.connected, &l.at.cwd, &l.at.tap, &l.at.netns} {
		if *at >= i {
			*at += two
		}
	}
	return func() bool {
		r := &l.relay
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.child != nil && r.child.At() == i+1
	}
}

// when calls do once that is so, unless the start ends before.
func when(that func() bool, ended <-chan struct{}, do func()) {
	for !that() {
		select {
		case <-ended:
			return
		case <-time.After(50 * time.Microsecond):
		}
	}
	do()
}
