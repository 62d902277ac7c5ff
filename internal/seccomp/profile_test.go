package seccomp

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/moby/profiles/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/test/testenv"
)

// podmans is podman's default profile, as Debian's golang-github-containers-common installs it.
func podmans(t testing.TB) []byte {
	t.Helper()
	const path = "/usr/share/containers/seccomp.json"
	b, err := os.ReadFile(path)
	if err != nil {
		testenv.Skip(t, path+" is not installed")
	}
	return b
}

// dockers is the default profile of docker.
func dockers(t testing.TB) []byte {
	t.Helper()
	b, err := json.Marshal(seccomp.DefaultProfile())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func resolve(t testing.TB, profile []byte, h Host) *specs.LinuxSeccomp {
	t.Helper()
	p, err := ParseProfile(profile)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Resolve(h)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestProfilesThatAreRefused(t *testing.T) {
	rule := func(fields string) string {
		return `{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}, {` + fields + `}]}`
	}
	argument := func(fields string) string {
		return rule(`"names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "op": "SCMP_CMP_EQ"}, {` + fields + `}]`)
	}
	for _, c := range []struct{ profile, says string }{
		{``, "empty"},
		{`{"defaultAction": `, "ends too early"},
		{"{\n\"defaultAction\": ?}", "line 2"},
		{`{"defaultAction": "SCMP_ACT_ALLOW"} {}`, "something follows"},
		{`[]`, "it takes an object, and this is an array"},
		{`{}`, `defaultAction ""`},
		{`{"defaultAction": "SCMP_ACT_DENY"}`, `defaultAction "SCMP_ACT_DENY": there are SCMP_ACT_ALLOW`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "defaultactions": 1}`, `unknown field "defaultactions"`},
		{"{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n\"DefaultAction\": \"SCMP_ACT_ALLOW\"}", `line 2: "DefaultAction" is there twice`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "ſyscalls": [], "syscalls": []}`, `"syscalls" is there twice`},
		{`{"defaultAction": "SCMP_ACT_NOTIFY"}`, `"SCMP_ACT_NOTIFY": urun passes no system calls on`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/x"}`, `listenerPath "/run/x": urun passes`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "x"}`, `listenerPath`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1}`, `defaultAction "SCMP_ACT_ALLOW" has no errno`},
		{`{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": -1}`, `defaultErrnoRet: it takes a whole number of 0 to 2^64-1, and this is a number -1`},
		{`{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4096}`, `with the errno 4096`},
		{`{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrno": "EFOO"}`, `defaultErrno "EFOO": no error`},
		{`{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrno": "ENOSYS", "defaultErrnoRet": 1}`, `that is 38, and the number beside it is 1`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_NEW_LISTENER"]}`, `flags[0] "SECCOMP_FILTER_FLAG_NEW_LISTENER": there are`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]}`, `flags[0] "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV": urun passes`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["amd64"]}`, `architectures[0] "amd64": no architecture`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "archMap": [{"architecture": "SCMP_ARCH_X86_64"}]}`, `architectures and archMap`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArches": []}]}`, `archMap[0]: unknown field "subArches"`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"architecture": "X"}]}`, `archMap[0]: "X"`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"architecture": "SCMP_ARCH_ARM"}, {"architecture": "SCMP_ARCH_ARM"}]}`, `archMap[1].architecture "SCMP_ARCH_ARM"`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": {}}`, `syscalls: it takes a list, and this is an object`},
		{`{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [null]}`, `syscalls[0].names`},
		{rule(`"action": "SCMP_ACT_ALLOW"`), `syscalls[1].names`},
		{rule(`"names": [""], "action": "SCMP_ACT_ALLOW"`), `syscalls[1].names`},
		{rule(`"names": ["read"], "name": "write", "action": "SCMP_ACT_ALLOW"`), `syscalls[1].name and .names`},
		{rule(`"names": ["read"], "action": "SCMP_ACT_FOO"`), `syscalls[1].action "SCMP_ACT_FOO": there are`},
		{rule(`"names": ["read"], "action": "SCMP_ACT_NOTIFY"`), `syscalls[1].action "SCMP_ACT_NOTIFY": urun passes`},
		{rule(`"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": 4096`), `syscalls[1].action "SCMP_ACT_ERRNO" with the errno 4096`},
		{rule(`"names": ["read"], "action": "SCMP_ACT_ERRNO", "errnoRet": -1`), `syscalls[1].errnoRet: it takes a whole number of 0 to 2^64-1, and this is a number -1`},
		{rule(`"names": ["read"], "action": "SCMP_ACT_ERRNO", "errno": "x"`), `syscalls[1].errno "x"`},
		{rule(`"names": ["read"], "action": "SCMP_ACT_ALLOW", "errnoRet": 1`), `syscalls[1].action "SCMP_ACT_ALLOW" has no errno`},
		{rule(`"names": ["read"], "action": "SCMP_ACT_ALLOW", "arg": []`), `syscalls[1]: unknown field "arg"`},
		{rule(`"names": ["read"], "action": "SCMP_ACT_ALLOW", "includes": {"cap": []}`), `syscalls[1].includes: unknown field "cap"`},
		{rule(`"names": ["read"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["SYS_ADMIN"]}`), `syscalls[1].excludes.caps[0] "SYS_ADMIN"`},
		{rule(`"names": ["read"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4"}`), `syscalls[1].includes.minKernel "4"`},
		{rule(`"names": ["read"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": 4.8}`), `syscalls[1].includes.minKernel: it takes a string such as "4.8", and this is a number`},
		{argument(`"index": 6, "op": "SCMP_CMP_EQ"`), `syscalls[1].args[1].index 6`},
		{argument(`"index": 0, "op": "SCMP_CMP_XX"`), `syscalls[1].args[1].op "SCMP_CMP_XX": there are SCMP_CMP_EQ`},
		{argument(`"index": -1, "op": "SCMP_CMP_EQ"`), `syscalls[1].args[1].index: it takes a whole number of 0 to 2^64-1, and this is a number -1`},
		{argument(`"index": 0, "op": "SCMP_CMP_EQ", "value": 18446744073709551616`), `syscalls[1].args[1].value: it takes a whole number of 0 to 2^64-1, and this is a number 18446744073709551616`},
		{argument(`"index": 0, "op": "SCMP_CMP_EQ", "datum": 1`), `syscalls[1].args[1]: unknown field "datum"`},
	} {
		if _, err := ParseProfile([]byte(c.profile)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s\ngives the error %v\nand should say  %s", c.profile, err, c.says)
		}
	}
}

// Every rule is there or not by what it includes and excludes; the expected names are those of podman and docker.
func TestRulesAreForSomeHostsAndContainers(t *testing.T) {
	rules := ""
	for _, c := range []string{
		`"name": "old"`,
		`"names": ["admin"], "includes": {"caps": ["CAP_SYS_ADMIN"]}`,
		`"names": ["both"], "includes": {"caps": ["CAP_SYS_ADMIN", "CAP_BPF"]}`,
		`"names": ["notadmin"], "excludes": {"caps": ["CAP_BPF", "CAP_SYS_ADMIN"]}, "includes": {}, "comment": "", "args": null`,
		`"names": ["amd"], "includes": {"arches": ["amd64", "x32"]}`,
		`"names": ["notamd"], "excludes": {"arches": ["amd64"]}`,
		`"names": ["since48"], "includes": {"minKernel": "4.8"}`,
		`"names": ["before48"], "excludes": {"minKernel": "4.8"}`,
		`"names": ["armadmin"], "includes": {"arches": ["arm64"], "caps": ["CAP_SYS_ADMIN"]}, "excludes": null`,
	} {
		rules += `,{` + c + `, "action": "SCMP_ACT_ALLOW"}`
	}
	profile := []byte(`{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [` + rules[1:] + `]}`)
	for _, c := range []struct {
		host Host
		want string
	}{
		{Host{"amd64", [2]int{4, 8}, nil}, "old notadmin amd since48"},
		{Host{"amd64", [2]int{4, 7}, []string{"CAP_SYS_ADMIN"}}, "old admin amd before48"},
		{Host{"arm64", [2]int{3, 19}, []string{"CAP_BPF"}}, "old notamd before48"},
		{Host{"arm64", [2]int{6, 0}, []string{"CAP_BPF", "CAP_SYS_ADMIN"}}, "old admin both notamd since48 armadmin"},
	} {
		var got []string
		for _, r := range resolve(t, profile, c.host).Syscalls {
			got = append(got, r.Names...)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v gives %v, want %s", c.host, got, c.want)
		}
	}
}

func TestAProfileResolvesToTheOCIForm(t *testing.T) {
	got := resolve(t, []byte(`{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrno": "ENOSYS", "defaultErrnoRet": 38, "flags": ["SECCOMP_FILTER_FLAG_LOG"],
		"archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}, {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": null}],
		"syscalls": [{"names": ["a", "b"], "action": "SCMP_ACT_ERRNO", "errno": "EWOULDBLOCK",
			"args": [{"index": 5, "value": 18446744073709551615, "valueTwo": 7, "op": "SCMP_CMP_MASKED_EQ"}]},
			{"name": "c", "action": "SCMP_ACT_TRACE", "errno": "77"}]}`), Host{Arch: "amd64"})
	number := func(n uint) *uint { return &n }
	want := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, DefaultErrnoRet: number(38), Flags: []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagLog},
		Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchX86},
		Syscalls: []specs.LinuxSyscall{{Names: []string{"a", "b"}, Action: specs.ActErrno, ErrnoRet: number(11),
			Args: []specs.LinuxSeccompArg{{Index: 5, Value: 1<<64 - 1, ValueTwo: 7, Op: specs.OpMaskedEqual}}},
			{Names: []string{"c"}, Action: specs.ActTrace, ErrnoRet: number(77)}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

func TestAProfileOfOtherArchitectures(t *testing.T) {
	for _, field := range []string{`"architectures": ["SCMP_ARCH_S390X"]`, `"archMap": [{"architecture": "SCMP_ARCH_S390X", "subArchitectures": ["SCMP_ARCH_X86_64"]}]`} {
		p, err := ParseProfile([]byte(`{"defaultAction": "SCMP_ACT_ALLOW", ` + field + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if s, err := p.Resolve(Host{Arch: "amd64"}); err == nil || !strings.Contains(err.Error(), "not for amd64") {
			t.Errorf("%s gives %+v, %v", field, s, err)
		}
	}
	s := resolve(t, []byte(`{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_S390X", "SCMP_ARCH_AARCH64"]}`), Host{Arch: "arm64"})
	if _, err := fromSpec(s, "arm64"); err != nil {
		t.Error(err)
	}
}

// docker reads its own profile too; what it makes of it for this machine is what we make of it.
func TestDockersProfileResolvesAsDockerResolvesIt(t *testing.T) {
	for _, capabilities := range [][]string{nil, usual, every} {
		spec := &specs.Spec{Process: &specs.Process{Capabilities: &specs.LinuxCapabilities{Bounding: capabilities}}}
		want, err := seccomp.GetDefaultProfile(spec)
		if err != nil {
			t.Fatal(err)
		}
		got := resolve(t, dockers(t), Host{Arch: runtime.GOARCH, Kernel: [2]int{99, 0}, Capabilities: capabilities})
		text := func(s *specs.LinuxSeccomp) string { b, err := json.Marshal(s); return fmt.Sprint(string(b), err) }
		if text(got) != text(want) {
			t.Errorf("with %v:\n%s\nwant\n%s", capabilities, text(got), text(want))
		}
		if !slices.Contains(got.Architectures, archName(runtime.GOARCH)) || len(got.Syscalls) < 10 {
			t.Errorf("there is little in it: %+v", got)
		}
	}
}
