package image

import (
	"runtime"
	"testing"
)

func TestAnImageIsForAPlatform(t *testing.T) {
	for _, c := range []struct {
		has, wanted string
		is          bool
	}{{"linux/amd64", "", true}, {"linux/arm/v7", "linux/arm", true}, {"linux/arm/v7", "linux/arm/v7", true}, {"linux/arm/v7", "linux/arm/v6", false}, {"linux/arm64", "linux/arm", false}} {
		if (Record{Platform: c.has}).For(c.wanted) != c.is {
			t.Errorf("%s for %s: %v", c.has, c.wanted, !c.is)
		}
	}
}

// Better is what has more of the machine's instructions, and what is said of none runs everywhere.
func TestTheBestPlatformIsChosen(t *testing.T) {
	for _, c := range []struct {
		wanted string
		order  []string // the best first; the last does not run
	}{
		{"linux/amd64", []string{"linux/amd64/v1", "linux/amd64", "linux/amd64/v2"}},
		{"linux/amd64/v3", []string{"linux/amd64/v3", "linux/amd64/v2", "linux/amd64/v1", "linux/amd64", "linux/amd64/v4"}},
		{"linux/arm", []string{"linux/arm/v7", "linux/arm/v6", "linux/arm/v5", "linux/arm", "linux/arm/v8"}},
		{"linux/arm64", []string{"linux/arm64/v8", "linux/arm64", "linux/arm64/v9"}},
		{"linux/riscv64/x", []string{"linux/riscv64/x", "linux/riscv64", "linux/riscv64/y"}},
		{"linux/riscv64", []string{"linux/riscv64", "linux/riscv64/y"}},
		{"windows/amd64", []string{"windows/amd64", "linux/amd64"}},
	} {
		want, err := ParsePlatform(c.wanted)
		must(t, err)
		for i, s := range c.order {
			p, err := ParsePlatform(s)
			must(t, err)
			if p.String() != s {
				t.Errorf("%s is read as %s", s, p)
			}
			n, last := p.Fits(want), i == len(c.order)-1
			if last != (n == 0) {
				t.Errorf("%s for %s: %d", s, want, n)
			}
			if i > 0 {
				before, err := ParsePlatform(c.order[i-1])
				must(t, err)
				if before.Fits(want) <= n {
					t.Errorf("%s is not better than %s for %s", before, p, want)
				}
			}
		}
	}
	if p, err := ParsePlatform(""); err != nil || p.String() != "linux/"+runtime.GOARCH {
		t.Errorf("this machine is %s, %v", p, err)
	}
	for _, s := range []string{"arm", "linux/", "/arm", "linux/arm/", "a/b/c/d"} {
		if p, err := ParsePlatform(s); err == nil {
			t.Errorf("%q is %s", s, p)
		}
	}
}
