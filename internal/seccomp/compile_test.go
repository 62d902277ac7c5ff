package seccomp

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

var archs = []string{"amd64", "arm64"}

// reference is what a policy says of a call: its rules read one after another.
func reference(p *Policy, arch string, c *Call) Action {
	if audit, _ := auditArch(arch); c.Arch != audit {
		return KillProcess
	}
	name := ""
	for nr, n := range names(arch) {
		if nr == int(c.Number) {
			name = n
		}
	}
	if name == "" {
		return p.Unknown
	}
next:
	for _, r := range p.Rules {
		if !slices.Contains(r.Calls, name) {
			continue
		}
		for _, cond := range r.When {
			if !cond.holds(&c.Args) {
				continue next
			}
		}
		return r.Action
	}
	return p.Default
}

// holds tells whether the condition is true of a call's arguments.
func (c Cond) holds(args *[6]uint64) bool {
	v := args[c.Arg]
	switch c.Op {
	case Equal:
		return v == c.Value
	case NotEqual:
		return v != c.Value
	case Less:
		return v < c.Value
	case LessEqual:
		return v <= c.Value
	case Greater:
		return v > c.Value
	case GreaterEqual:
		return v >= c.Value
	}
	return v&c.Mask == c.Value&c.Mask
}

// machine runs a filter in the virtual machine of x/net. That one loads words in network byte order.
type machine struct{ vm *bpf.VM }

func newMachine(t testing.TB, f Filter) machine {
	t.Helper()
	raw := make([]bpf.RawInstruction, len(f))
	for i, in := range f {
		raw[i] = bpf.RawInstruction{Op: in.Code, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	list, all := bpf.Disassemble(raw)
	if !all {
		t.Fatal("the filter has instructions that are none")
	}
	vm, err := bpf.NewVM(list)
	if err != nil {
		t.Fatalf("the filter is not valid: %v", err)
	}
	return machine{vm}
}

func (m machine) run(t testing.TB, c *Call) Action {
	t.Helper()
	b := make([]byte, 64)
	binary.BigEndian.PutUint32(b, uint32(c.Number))
	binary.BigEndian.PutUint32(b[4:], c.Arch)
	for i, a := range c.Args {
		binary.BigEndian.PutUint32(b[argsOffset+8*i:], uint32(a))
		binary.BigEndian.PutUint32(b[argsOffset+8*i+4:], uint32(a>>32))
	}
	v, err := m.vm.Run(b)
	if err != nil {
		t.Fatal(err)
	}
	return Action(uint32(v))
}

// interesting are values of arguments on both sides of every condition of the policy.
func interesting(p *Policy) []uint64 {
	list := []uint64{0, 1, 1<<32 - 1, 1 << 32, 1<<64 - 1}
	for _, r := range p.Rules {
		for _, c := range r.When {
			for _, v := range []uint64{c.Value, c.Value & c.Mask, c.Value | ^c.Mask} {
				list = append(list, v-1, v, v+1, v|1<<32, v^1<<63, v&(1<<32-1))
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// agrees compares the filter of a policy with the policy: every number, with some arguments each.
func agrees(t testing.TB, p *Policy, arch string, rng *rand.Rand, each int) Filter {
	t.Helper()
	f, err := Compile(p, arch)
	if err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, f)
	audit, _ := auditArch(arch)
	values := interesting(p)
	numbers := []int{-1, 1 << 20, 0x40000000, 0x40000001, 1<<31 - 1}
	last := 0
	for nr := range names(arch) {
		last = nr
	}
	for nr := range last + 3 {
		numbers = append(numbers, nr)
	}
	for _, nr := range numbers {
		for n := range each {
			c := &Call{Number: int32(nr), Arch: audit}
			for i := range c.Args {
				c.Args[i] = values[rng.IntN(len(values))]
			}
			if n == 0 && nr%7 == 0 {
				c.Arch = unix.AUDIT_ARCH_I386
			}
			want := reference(p, arch, c)
			if got := m.run(t, c); got != want {
				t.Fatalf("%s: of %+v the policy says %#x, and the filter in x/net's machine %#x", arch, c, want, got)
			}
			if got := f.Run(c); got != want {
				t.Fatalf("%s: of %+v the policy says %#x, and the filter in ours %#x", arch, c, want, got)
			}
		}
	}
	return f
}

var allOps = []Op{Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, MaskedEqual}

// Each comparison alone, with values whose halves matter each.
func TestEachComparison(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, op := range allOps {
		for _, v := range []uint64{0, 1, 0xffffffff, 1 << 32, 0x1_0000_0001, 0x7fffffff_ffffffff, 1<<64 - 1, 0x5412} {
			for _, mask := range []uint64{0, 1, 0xffffffff, 0xffffffff_00000000, 1<<64 - 1, 0x8000_0000_0000_0001} {
				for arg := range uint8(6) {
					p := &Policy{Default: Errno(unix.EPERM), Unknown: Errno(unix.ENOSYS), Rules: []Rule{
						{Calls: []string{"read", "ioctl", "statx"}, When: []Cond{{arg, op, v, mask}}, Action: Allow},
					}}
					agrees(t, p, "amd64", rng, 2)
				}
			}
		}
	}
}

// The first rule that applies decides, whatever comes after it.
func TestRulesAreTriedInOrder(t *testing.T) {
	p := &Policy{Default: Errno(unix.EPERM), Unknown: Errno(unix.ENOSYS), Rules: []Rule{
		{Calls: []string{"ioctl"}, When: []Cond{{1, MaskedEqual, unix.TIOCSTI, 0xffffffff}}, Action: Errno(unix.EACCES)},
		{Calls: []string{"ioctl", "read"}, When: []Cond{{0, Less, 3, 0}, {1, Greater, 10, 0}}, Action: Log},
		{Calls: []string{"ioctl"}, Action: Allow},
		{Calls: []string{"ioctl"}, Action: KillProcess},
	}}
	f := agrees(t, p, "amd64", rand.New(rand.NewPCG(3, 4)), 50)
	for _, c := range []struct {
		nr   int32
		args [6]uint64
		want Action
	}{
		{unix.SYS_IOCTL, [6]uint64{0, unix.TIOCSTI}, Errno(unix.EACCES)},
		{unix.SYS_IOCTL, [6]uint64{0, unix.TIOCSTI | 1<<32}, Errno(unix.EACCES)},
		{unix.SYS_IOCTL, [6]uint64{0, 11}, Log},
		{unix.SYS_IOCTL, [6]uint64{3, 11}, Allow},
		{unix.SYS_READ, [6]uint64{3, 11}, Errno(unix.EPERM)},
		{unix.SYS_READ, [6]uint64{2, 11}, Log},
	} {
		if got := f.Run(&Call{Number: c.nr, Arch: unix.AUDIT_ARCH_X86_64, Args: c.args}); got != c.want {
			t.Errorf("call %d with %v: %#x, want %#x", c.nr, c.args, got, c.want)
		}
	}
}

// A jump of a filter reaches 255 instructions; what is further away takes another one.
func TestFiltersLongerThanAJump(t *testing.T) {
	for _, n := range []int{20, 60, 150, 190} {
		p := &Policy{Default: Errno(unix.EPERM), Unknown: Errno(unix.ENOSYS)}
		for i := range n {
			call := []string{"ioctl", "prctl", "socket"}[i%3]
			p.Rules = append(p.Rules, Rule{
				Calls:  []string{call, "read"},
				When:   []Cond{{uint8(i % 6), allOps[i%7], uint64(i) * 0x1_0001_0001, 0xff00ff}, {uint8((i + 1) % 6), allOps[(i+3)%7], uint64(i), 0xffff}},
				Action: Errno(syscall.Errno(i%100 + 1)),
			})
		}
		f := agrees(t, p, "amd64", rand.New(rand.NewPCG(5, uint64(n))), 40)
		t.Logf("%d rules: %d instructions", n, len(f))
		if n == 190 && len(f) < 2000 {
			t.Errorf("%d instructions are too few to be far apart", len(f))
		}
	}
}

func TestAFilterThatIsTooLong(t *testing.T) {
	p := &Policy{}
	for i := range 3000 {
		p.Rules = append(p.Rules, Rule{Calls: []string{"read"}, When: []Cond{{0, Equal, uint64(i), 0}}, Action: Errno(syscall.Errno(i%4000 + 1))})
	}
	if f, err := Compile(p, "amd64"); err == nil {
		t.Errorf("%d instructions are too many for the kernel", len(f))
	}
}

// Keeps away: a profile that allows what it does not name allowed every call, by its x32 number.
func TestX32IsNoWayRoundAProfile(t *testing.T) {
	p := &Policy{Default: Allow, Unknown: Allow, Rules: []Rule{{Calls: []string{"mount"}, Action: Errno(unix.EPERM)}}}
	f, err := Compile(p, "amd64")
	if err != nil {
		t.Fatal(err)
	}
	mount, _ := number("amd64", "mount")
	for nr, want := range map[int32]Action{
		int32(mount): Errno(unix.EPERM), 1<<30 | int32(mount): Errno(unix.ENOSYS), 1 << 30: Errno(unix.ENOSYS), 1<<31 - 1: Errno(unix.ENOSYS), -2: Errno(unix.ENOSYS),
		1<<30 - 1: Allow, -1: Allow, // a tracer's skipped call
	} {
		if got := f.Run(&Call{Number: nr, Arch: unix.AUDIT_ARCH_X86_64}); got != want {
			t.Errorf("%#x: %v, want %v", nr, got, want)
		}
	}
}

// Any policy and its filter say the same.
func FuzzCompile(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a"), uint64(1))
	f.Add([]byte{255, 254, 0, 0, 0, 0, 1, 1, 1, 9, 9, 200, 30, 6, 128, 64}, uint64(7))
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		p := policyOf(b)
		for _, arch := range archs {
			agrees(t, p, arch, rand.New(rand.NewPCG(seed, 0)), 2)
		}
	})
}

// policyOf makes a policy of any bytes: ten each are a rule or another condition of the last one.
func policyOf(b []byte) *Policy {
	p := &Policy{Default: Errno(unix.EPERM), Unknown: Errno(unix.ENOSYS)}
	all := slices.Collect(func(yield func(string) bool) {
		for _, n := range names("amd64") {
			if !yield(n) {
				return
			}
		}
	})
	actions := []Action{Allow, Errno(unix.EPERM), KillProcess, KillThread, Log, Trap, Trace(7), Errno(unix.ENOSYS)}
	for len(b) >= 10 && len(p.Rules) < 40 {
		c := Cond{b[0] % 6, allOps[b[1]%7], uint64(b[2]) << (b[3] % 64), uint64(b[4])<<(b[5]%64) | uint64(b[6])}
		if n := len(p.Rules); b[7]&1 != 0 && n > 0 && len(p.Rules[n-1].When) < 4 {
			p.Rules[n-1].When = append(p.Rules[n-1].When, c)
		} else {
			r := Rule{Calls: []string{all[int(b[8])%len(all)], all[int(b[9])%len(all)]}, Action: actions[b[7]>>1&7]}
			if b[7]&16 != 0 {
				r.When = []Cond{c}
			}
			p.Rules = append(p.Rules, r)
		}
		b = b[10:]
	}
	return p
}
