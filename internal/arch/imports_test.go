package arch

import (
	"slices"
	"strings"
	"testing"
)

const kong = "github.com/alecthomas/kong"

// knowledge is what a package of knowledge, which knows one subject, may import of this module: nothing.
var knowledge []string

// arrows are what the other packages may import of this module.
var arrows = map[string][]string{
	"cmd/urun":           {"internal/container", "internal/apparmor", "internal/doctor", "internal/inside", "internal/network", "internal/ocispec", "internal/state", "internal/logfile", "internal/attach", "internal/procs", "internal/ladder", "internal/config", "internal/image", "cgroup2", "userns", "internal/callerids"},
	"cmd/urun-netstack":  {"internal/netstack"},
	"internal/container": {"internal/callerids", "internal/forkexec", "internal/inside", "internal/network", "internal/ocispec", "internal/users", "internal/caps", "internal/landlock", "internal/seccomp", "internal/nofile", "internal/state", "internal/logfile", "internal/attach", "internal/namespaces", "internal/procs", "internal/ladder", "internal/guards", "internal/image", "cgroup2", "mount", "subid", "userns"},
	"internal/ladder":    {"internal/network", "internal/landlock", "cgroup2", "userns"}, // facts that it puts together
	"internal/guards":    {"internal/ladder"},                                            // what it looks at for it
	"internal/doctor":    {"internal/apparmor", "internal/callerids", "internal/forkexec", "internal/guards", "internal/ladder", "internal/landlock", "internal/network", "cgroup2", "mount", "subid", "userns"},
	"internal/netstack":  {"internal/network"}, // the words that they speak with each other
	"internal/inside":    {"internal/forkexec", "internal/removal", "userns"},
	"internal/unpack":    {"internal/removal"}, // what an entry of an archive replaces
	"internal/ocispec":   {"internal/seccomp"}, // profiles are a part of the specification
	"internal/forkexec":  {},
	"internal/archive":   {"internal/image"},  // digests and records of what it writes
	"internal/callerids": {"subid", "userns"}, // which it puts together
	"internal/registry":  {"internal/image"},
	"cmd/urun-image":     {"internal/inside", "internal/transfer"},
	"internal/transfer":  {"internal/image", "internal/registry", "internal/archive", "internal/unpack", "internal/inside", "internal/callerids", "userns"},
}

func allowed(p pkg) []string {
	if list, ok := arrows[p.at()]; ok {
		return list
	}
	return knowledge
}

// The order of a launch is in one place and mechanism in another; what a package knows can be read without the others.
func TestArrowsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		for _, to := range p.Imports {
			if rel, ours := strings.CutPrefix(to, module+"/"); ours && !slices.Contains(allowed(p), rel) {
				t.Errorf("%s imports %s, and may import %v of this module", p.ImportPath, to, allowed(p))
			}
		}
	}
}

// Nor may a test of a package of knowledge need another one. Tests of what puts them together may.
func TestTestsKeepTheArrows(t *testing.T) {
	for _, p := range packages(t) {
		if _, puts := arrows[p.at()]; puts {
			continue
		}
		for _, to := range slices.Concat(p.TestImports, p.XTestImports) {
			rel, ours := strings.CutPrefix(to, module+"/")
			if ours && rel != p.at() && rel != "test/testenv" && rel != "test/images" && !slices.Contains(allowed(p), rel) {
				t.Errorf("a test of %s imports %s", p.ImportPath, to)
			}
		}
	}
}

func public(p pkg) bool {
	top, _, _ := strings.Cut(p.at(), "/")
	return !slices.Contains([]string{"internal", "cmd", "hack", "test"}, top)
}

// With no internal package imported, no exported name can mention an internal type.
func TestPublicPackagesStandAlone(t *testing.T) {
	n := 0
	for _, p := range packages(t) {
		if !public(p) {
			continue
		}
		n++
		for _, to := range p.Imports {
			if strings.Contains(to, "/internal/") || strings.HasPrefix(to, module) {
				t.Errorf("the public package %s imports %s", p.ImportPath, to)
			}
		}
	}
	if n == 0 {
		t.Error("no public package was looked at")
	}
}

func TestOnlyTheCommandParsesFlags(t *testing.T) {
	found := false
	for _, p := range packages(t) {
		for _, to := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if to != kong && to != "flag" {
				continue
			}
			switch {
			case strings.HasPrefix(p.at(), "cmd/"), strings.HasPrefix(p.at(), "hack/"):
				found = found || to == kong
			case to == "flag" && !slices.Contains(p.Imports, "flag"): // of a test, such as -update
			default:
				t.Errorf("%s imports %s", p.ImportPath, to)
			}
		}
	}
	if !found {
		t.Errorf("%s is imported nowhere", kong)
	}
}

// heavy are packages whose initialisation, or whose size, every start of a container would pay for. net is not among them: godbus
// needs it, and its initialisation and godbus's take 0.03 ms together. Nor is log: rootlesskit's drivers log with logrus, which imports it;
// the two take 0.01 ms. crypto/sha256 is: with what it imports it takes 0.04 ms.
var heavy = []string{"crypto/sha256", "crypto/rand", "net/http", "text/template", "html/template", "encoding/xml", "crypto/tls", "testing", "flag", "log/slog",
	"github.com/google/gopacket", "github.com/containers/gvisor-tap-vsock", "golang.org/x/tools"}

func TestTheMainBinaryStaysLight(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		deps := strings.Fields(string(list(t, arch, "-deps", module+"/cmd/urun")))
		if !slices.Contains(deps, module+"/internal/forkexec") {
			t.Fatalf("the dependencies do not contain forkexec: %v", deps)
		}
		for _, d := range deps {
			for _, h := range heavy {
				if d == h || strings.Contains(h, ".") && strings.HasPrefix(d, h+"/") {
					t.Errorf("cmd/urun links %s: %s", d, strings.Join(path(t, d), " -> "))
				}
			}
		}
	}
}

// path is how cmd/urun comes to import a package.
func path(t *testing.T, to string) []string {
	imports := map[string][]string{}
	for line := range strings.Lines(string(list(t, "amd64", "-deps", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module+"/cmd/urun"))) {
		fields := strings.Fields(line)
		imports[fields[0]] = fields[1:]
	}
	from := map[string]string{module + "/cmd/urun": ""}
	queue := []string{module + "/cmd/urun"}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, next := range imports[at] {
			if _, seen := from[next]; !seen {
				from[next] = at
				queue = append(queue, next)
			}
		}
	}
	var list []string
	for at := to; at != ""; at = from[at] {
		list = append([]string{at}, list...)
	}
	return list
}
