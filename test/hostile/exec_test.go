package hostile

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// attacked starts a container in the background whose first process attacks whoever joins it, until it is told to stop.
func attacked(h *testenv.Home, flags []string, attack ...string) {
	h.Helper()
	h.Detach(append([]string{"--name", "a", "--no-init"}, flags...), attack...)
	h.Until("the attack has begun", func() bool { return strings.Contains(h.Run("logs", "a").Stdout, "ready\n") })
}

// found ends the attack and gives what it says.
func found(h *testenv.Home) []string {
	h.Helper()
	if err := os.WriteFile(filepath.Join(h.Rootfs, "over"), nil, 0o644); err != nil {
		h.Fatal(err)
	}
	h.Run("wait", "a").OK(h)
	r := h.Run("logs", "a")
	r.OK(h)
	h.Run("rm", "a").OK(h)
	return r.Lines()
}

// What is executed in a container that runs is the container's, or a sealed file in memory, as what it was started with
// (CVE-2019-5736).
func TestNoJoiningProgramIsUrunsBinary(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		unchanged(t)
		paths := append(evil(t, h.Rootfs, "/proc/self/exe"), "/proc/1/exe", "/bin/true")
		attacked(h, []string{"--cap-add=SYS_PTRACE"}, "probe", "exe-attack", "1000", "/over")
		for i := range min(races(t), 1000) {
			path := paths[i%len(paths)]
			args := []string{"exec", "a", path}
			if i/len(paths)%4 == 3 {
				args = []string{"exec", "-t", "a", path}
			}
			// The first process is the attack itself, which says how it is used.
			want := map[string]int{"/bin/true": 0, "/proc/1/exe": 2}[path]
			if strings.HasPrefix(path, "/evil") {
				want = 126
			}
			if r := h.Run(args...); r.Status != want {
				t.Fatalf("%v: exit status %d, want %d\n%s%s", args, r.Status, want, r.Stdout, r.Stderr)
			}
		}
		for _, line := range found(h) {
			_, target, _ := strings.Cut(line, " ")
			if line != "ready" && line != "held /memfd:urun-init (deleted)" && !strings.HasPrefix(target, "/bin/") && !strings.HasPrefix(target, "/evil/") {
				t.Error(line)
			}
		}
	})
}

// The process that joins has urun's memory until its exec, and its descriptors: nobody inside gets hold of it before,
// with the capability to trace the container's other processes either.
func TestNobodyInsideReachesAJoiningProcess(t *testing.T) {
	const mark = "4ac1b2a9d0e5-of-the-caller"
	address, head := memory(t)
	testenv.Mappings(t, func(t *testing.T, userns string) {
		for _, flags := range [][]string{nil, {"--cap-add=SYS_PTRACE"}, {"--cap-add=ALL"}} {
			h := kit.Home(t, userns)
			h.Env = append(h.Env, "URUN_TEST_SECRET="+mark)
			attacked(h, flags, "probe", "join-attack", "/over", mark, address, head)
			for i := range min(races(t), 1000) {
				args := []string{"exec", "a", "true"}
				if i%10 == 0 {
					args = []string{"exec", "a", "sleep", "0.1"} // one that is found surely
				}
				if i%5 == 4 {
					args = []string{"exec", "-t", "a", "true"}
				}
				if i%5 == 3 && userns != "--userns=single" {
					args = []string{"exec", "-u", "1000", "a", "true"}
				}
				if r := h.Run(args...); r.Status != 0 {
					t.Fatalf("%v: exit status %d\n%s%s", args, r.Status, r.Stdout, r.Stderr)
				}
			}
			lines := found(h)
			for _, line := range lines {
				if !harmless(line) {
					t.Errorf("%v: %s", flags, line)
				}
			}
			if !slices.Contains(lines, "link exe /bin/sleep") {
				t.Errorf("%v: the commands themselves were not found", flags)
			}
		}
	})
}

// harmless tells whether an attack got what belongs to the container.
func harmless(line string) bool {
	words := strings.SplitN(line, " ", 3)
	switch words[0] {
	case "ready", "over":
		return true
	case "traced", "fd":
		return ours(strings.Join(words[1:], " "))
	case "link":
		return words[1] == "cwd" && words[2] == "/" || words[1] == "root" && words[2] == "/" || strings.HasPrefix(words[1], "ns/") || ours(words[2])
	}
	return false
}

// ours tells whether a file is one that a command in the container has, or the sealed one that executes it. That one has a
// socket to urun, which expects the worst of it, until it has made itself what nobody may look at.
func ours(target string) bool {
	return slices.Contains([]string{"/bin/true", "/bin/sleep", "/bin/busybox", "/memfd:urun-init (deleted)", "EACCES urun-init", "/dev/null", "/dev/pts/0", "pipe:", "socket:"}, target)
}

// memory is where the first page of urun's program is in its memory, and how it begins.
func memory(t *testing.T) (address, head string) {
	t.Helper()
	testenv.Unprivileged(t)
	f, err := elf.Open(kit.Urun)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Off == 0 {
			b := make([]byte, 256)
			if _, err := p.ReadAt(b, 0); err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(p.Vaddr), fmt.Sprintf("%x", b)
		}
	}
	t.Fatal("urun has no first page")
	return "", ""
}
