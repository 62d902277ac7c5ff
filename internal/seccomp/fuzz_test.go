package seccomp

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// A profile that is taken is taken to the end: no host makes a panic of it or rules that cannot be translated, and they mean
// the same when they have been in a config.json.
func FuzzProfile(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ParseProfile(data)
		if err != nil {
			return
		}
		for _, h := range []Host{{Arch: "amd64", Kernel: [2]int{6, 1}, Capabilities: usual}, {Arch: "arm64", Capabilities: every}} {
			s, err := p.Resolve(h)
			if err != nil {
				continue
			}
			policy, err := fromSpec(s, h.Arch)
			if err != nil {
				t.Fatalf("resolved for %s: %v", h.Arch, err)
			}
			b, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			var read specs.LinuxSeccomp
			if err := json.Unmarshal(b, &read); err != nil {
				t.Fatalf("%v: %s", err, b)
			}
			if again, err := fromSpec(&read, h.Arch); err != nil || !reflect.DeepEqual(again, policy) {
				t.Errorf("%+v\nis after %s\n%+v, %v", policy, b, again, err)
			}
			if len(policy.Rules) < 20 { // a longer one may be too long for a filter
				agreesOnce(t, policy, h.Arch)
			}
		}
	})
}

// agreesOnce compares what the filter does with what the policy says, for the calls that a rule is about.
func agreesOnce(t *testing.T, p *Policy, arch string) {
	filter, err := Compile(p, arch)
	if err != nil {
		t.Fatal(err)
	}
	audit, _ := auditArch(arch)
	for _, r := range p.Rules {
		for _, name := range r.Calls {
			nr, ok := number(arch, name)
			if !ok {
				continue
			}
			c := &Call{Number: int32(nr), Arch: audit}
			for _, cond := range r.When {
				c.Args[cond.Arg] = cond.Value
			}
			if got, want := filter.Run(c), reference(p, arch, c); got != want {
				t.Fatalf("%s%x gives %v, want %v", name, c.Args, got, want)
			}
		}
	}
}
