package seccomp

import (
	"slices"
	"strings"
	"testing"
)

// ints are the arguments of which the kernel takes the low word: with other bits above it, it is the same call.
var ints = map[string][]int{"socket": {0, 1, 2}, "socketpair": {0, 1, 2}, "personality": {0}, "ioctl": {0, 1}, "keyctl": {0}}

// asTheKernelTakes are the arguments of a call that the kernel goes by.
func asTheKernelTakes(name string, a [6]uint64) [6]uint64 {
	for _, i := range ints[name] {
		a[i] &= 1<<32 - 1
	}
	return a
}

// about is the part of a policy that is about one call.
func about(p *Policy, name string) *Policy {
	q := &Policy{Default: p.Default, Unknown: p.Unknown}
	for _, r := range p.Rules {
		if slices.Contains(r.Calls, name) {
			q.Rules = append(q.Rules, Rule{Calls: []string{name}, When: r.When, Action: r.Action})
		}
	}
	return q
}

// vectors are arguments on both sides of every condition of the policies, in every combination.
func vectors(policies ...*Policy) [][6]uint64 {
	values := make([][]uint64, 6)
	for _, p := range policies {
		for _, r := range p.Rules {
			for _, c := range r.When {
				for _, v := range []uint64{c.Value, c.Mask, c.Value | ^c.Mask} {
					values[c.Arg] = append(values[c.Arg], v-1, v, v+1, v|high)
				}
				for bit := range 64 { // of a mask every bit by itself
					if c.Op == MaskedEqual && c.Mask&(1<<bit) != 0 && c.Mask != word {
						values[c.Arg] = append(values[c.Arg], c.Value^1<<bit)
					}
				}
				values[c.Arg] = append(values[c.Arg], 0, 1, 1<<31, high, 1<<64-1)
			}
		}
	}
	list := [][6]uint64{{}}
	for i, some := range values {
		slices.Sort(some)
		var longer [][6]uint64
		for _, v := range slices.Compact(some) {
			for _, a := range list {
				a[i] = v
				longer = append(longer, a)
			}
		}
		if longer != nil {
			list = longer
		}
	}
	return list
}

// difference is what ours allows and theirs does not, and the other way round, a call each.
func difference(t testing.TB, ours, theirs *Policy, arch string) (looser, stricter []string) {
	t.Helper()
	audit, _ := auditArch(arch)
	allowed := 0
	for nr, name := range names(arch) {
		a, b := about(ours, name), about(theirs, name)
		var more, less, both int
		for _, v := range vectors(a, b) {
			mine := reference(a, arch, &Call{int32(nr), audit, v}) == Allow
			other := reference(b, arch, &Call{int32(nr), audit, asTheKernelTakes(name, v)}) == Allow
			switch {
			case mine && !other:
				if more++; more == 1 {
					looser = append(looser, name)
				}
			case other && !mine:
				less++
			case mine:
				both++
			}
		}
		if less > 0 && both == 0 {
			stricter = append(stricter, name)
		} else if less > 0 {
			stricter = append(stricter, name+" (for some arguments)")
		}
		allowed += both
	}
	if allowed < 200 {
		t.Errorf("%d calls are allowed by both, so little was compared", allowed)
	}
	return looser, stricter
}

// Who changes from podman or docker to urun is not given less protection by the default policy.
func TestTheDefaultIsNoLooserThanOthers(t *testing.T) {
	sets := [][]string{nil, usual, every}
	for _, c := range every[len(usual):] {
		sets = append(sets, with(c))
	}
	for name, profile := range map[string]func(testing.TB) []byte{"podman": podmans, "docker": dockers} {
		t.Run(name, func(t *testing.T) {
			profile := profile(t)
			for _, arch := range archs {
				for i, capabilities := range sets {
					theirs, err := fromSpec(resolve(t, profile, Host{arch, [2]int{99, 0}, capabilities}), arch)
					if err != nil {
						t.Fatal(err)
					}
					looser, stricter := difference(t, Default(capabilities, false), theirs, arch)
					if len(looser) > 0 {
						t.Errorf("%s, with %v: ours allows and %s's does not: %v", arch, capabilities, name, looser)
					}
					if i == 1 {
						t.Logf("%s, with the usual capabilities: ours refuses and %s's allows: %s", arch, name, strings.Join(stricter, ", "))
					}
				}
			}
		})
	}
}

// podman's own default is made for podman in podman; nested containers have no more, but for newer calls of the same kind.
func TestANestedContainerHasNoMoreThanPodmans(t *testing.T) {
	profile, newer := podmans(t), []string{"listmount", "open_tree_attr", "statmount"}
	for _, arch := range archs {
		theirs, err := fromSpec(resolve(t, profile, Host{arch, [2]int{99, 0}, with("CAP_SYS_ADMIN")}), arch)
		if err != nil {
			t.Fatal(err)
		}
		looser, _ := difference(t, Default(usual, true), theirs, arch)
		slices.Sort(looser)
		if !slices.Equal(looser, newer) {
			t.Errorf("%s: ours allows and podman's does not: %v, want %v", arch, looser, newer)
		}
	}
}
