package forkexec

import (
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"golang.org/x/sys/unix"
)

// Line is step i as a call in the notation of strace(1); $n is the result of step n.
func (p *Program) Line(i int) string {
	s := &p.steps[i]
	switch s.Kind {
	case wait:
		return "wait"
	case alive:
		return "alive?"
	case check:
		return "check " + p.print(s.Args[0], nil) + "+" + strconv.Itoa(s.Offset) + " & " + hex(s.Mask) + " == " + hex(s.Want) + " or " + errnoName(s.Errno)
	case store:
		return "store " + p.print(s.Args[1], nil) + " at " + p.print(s.Args[0], nil) + "+" + strconv.Itoa(s.Offset)
	}
	name, args := p.call(s)
	return name + "(" + strings.Join(args, ", ") + ")"
}

// CallName is the name of a system call that programs make, by its number.
func CallName(trap uintptr) string {
	if d, ok := calls()[trap]; ok {
		return d.name
	}
	return "syscall_" + strconv.Itoa(int(trap))
}

// call is the name of a step's system call and its arguments, printed.
func (p *Program) call(s *Step) (name string, args []string) {
	d := calls()[s.Trap]
	for j, a := range s.Args {
		var f func(int64) string
		if j < len(d.args) {
			f = d.args[j]
		}
		if n, ok := a.(Data); ok && d.structs[j] != nil {
			args = append(args, d.structs[j](p.data[n].bytes))
			continue
		}
		args = append(args, p.print(a, f))
	}
	return CallName(s.Trap), args
}

func (p *Program) print(a any, number func(int64) string) string {
	switch a := a.(type) {
	case int64:
		if number != nil {
			return number(a)
		}
		return strconv.FormatInt(a, 10)
	case Ref:
		return "$" + strconv.Itoa(int(a))
	case Named:
		return string(a)
	case Data:
		return p.printData(a)
	}
	return "?"
}

func (p *Program) printData(n Data) string {
	d := p.data[n]
	switch {
	case d.text:
		return strconv.Quote(string(d.bytes[:len(d.bytes)-1]))
	case d.pointers != nil:
		list := make([]string, len(d.pointers))
		for i, q := range d.pointers {
			list[i] = p.printData(q)
			if name, _, ok := strings.Cut(list[i], "="); ok && d.secret {
				list[i] = name + "=…\""
			}
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	return "data" + strconv.Itoa(int(n))
}

// Lines prints the program, a line a step with its reason, an alternative further in.
func (p *Program) Lines() []string {
	list := make([]string, len(p.steps))
	for i, depth := range p.depths() {
		s, n := &p.steps[i], strconv.Itoa(i)
		left := n + strings.Repeat(" ", max(1, 5-len(n))) + strings.Repeat("  ", depth) + p.Line(i)
		if s.Into != Ref(i) {
			left += " = $" + strconv.Itoa(int(s.Into))
		}
		list[i] = Reason(left, s.Why)
		if len(s.On) > 0 {
			list[i] += " (" + tolerance(s) + ")"
		}
	}
	return list
}

// Reason puts the reason behind what is done, with control characters escaped: it
// may have names of files in it.
func Reason(does, why string) string {
	if strings.ContainsFunc(why, unicode.IsControl) {
		why = strconv.Quote(why)
	}
	return does + strings.Repeat(" ", max(1, 78-len(does))) + "# " + why
}

func tolerance(s *Step) string {
	names := make([]string, len(s.On))
	for i, e := range s.On {
		names[i] = errnoName(e)
	}
	list := strings.Join(names, ", ")
	if s.Miss > 0 {
		return "on " + list + " not the next " + strconv.Itoa(s.Miss)
	}
	switch s.Skip {
	case 0:
		return list + " is no failure"
	case 1:
		return "on " + list + " the next step"
	}
	return "on " + list + " the next " + strconv.Itoa(s.Skip) + " steps"
}

// depths is how many conditions each step depends on.
func (p *Program) depths() []int {
	list, open := make([]int, len(p.steps)), []int{}
	for i := range p.steps {
		for len(open) > 0 && open[len(open)-1] < i {
			open = open[:len(open)-1]
		}
		list[i] = len(open)
		if s := p.steps[i].Skip + p.steps[i].Miss; s > 0 {
			open = append(open, i+s)
		}
	}
	return list
}

// StepJSON is a step for programs that read --explain=json.
type StepJSON struct {
	Step      int      `json:"step"`
	Call      string   `json:"call"` // the system call's name, or wait, alive, check, store
	Args      []string `json:"args,omitempty"`
	Result    int      `json:"result"`              // the step whose result this one gives
	Tolerates []string `json:"tolerates,omitempty"` // names of errnos that do not end the program
	Instead   int      `json:"instead,omitempty"`   // how many of the next steps are done only on those
	Otherwise int      `json:"otherwise,omitempty"` // how many of the next steps are done only without those
	Why       string   `json:"why"`
}

// JSON are the program's steps for encoding/json.
func (p *Program) JSON() []StepJSON {
	list := make([]StepJSON, len(p.steps))
	for i := range p.steps {
		s := &p.steps[i]
		j := StepJSON{Step: i, Why: s.Why, Result: int(s.Into), Instead: s.Skip, Otherwise: s.Miss}
		if s.Kind == call {
			j.Call, j.Args = p.call(s)
		} else {
			j.Call, _, _ = strings.Cut(p.Line(i), " ")
			j.Args = []string{p.Line(i)}
		}
		for _, e := range s.On {
			j.Tolerates = append(j.Tolerates, errnoName(e))
		}
		list[i] = j
	}
	return list
}

func errnoName(e syscall.Errno) string {
	if n := unix.ErrnoName(e); n != "" {
		return n
	}
	return e.Error()
}
