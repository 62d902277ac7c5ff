package seccomp

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestNumbersAreTheKernels(t *testing.T) {
	for _, c := range []struct {
		arch, name string
		nr         int
	}{
		{"amd64", "read", 0}, {"amd64", "newfstatat", 262}, {"amd64", "clone3", 435}, {"amd64", "_sysctl", 156}, {"amd64", "mseal", 462},
		{"arm64", "io_setup", 0}, {"arm64", "read", 63}, {"arm64", "newfstatat", 79}, {"arm64", "clone3", 435},
		{"arm64", "open", -1}, {"amd64", "arch_specific_syscall", -1}, {"arm64", "arch_specific_syscall", -1},
		{"amd64", "", -1}, {"amd64", "zzz", -1}, {"s390x", "read", -1},
	} {
		nr, ok := number(c.arch, c.name)
		if !ok {
			nr = -1
		}
		if nr != c.nr {
			t.Errorf("%s of %s has the number %d, want %d", c.name, c.arch, nr, c.nr)
		}
	}
}

func TestEveryNameIsFoundAndNumbersRise(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		n, last := 0, -1
		for nr, name := range names(arch) {
			if got, ok := number(arch, name); !ok || got != nr {
				t.Errorf("%s: %s is looked up as %d, %v, want %d", arch, name, got, ok, nr)
			}
			if nr <= last {
				t.Errorf("%s: %s has the number %d after %d", arch, name, nr, last)
			}
			n, last = n+1, nr
		}
		if n < 320 {
			t.Errorf("%s has %d calls", arch, n)
		}
	}
}

// A newer golang.org/x/sys has newer calls; the tables are made again with go generate.
func TestTablesAreWhatTheGeneratorWrites(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "generate")
	if out, err := exec.Command("go", "build", "-o", program, "./generate").CombinedOutput(); err != nil {
		t.Fatalf("build the generator: %v\n%s", err, out)
	}
	module, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"go.mod": module, "go.sum": sums} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command(program)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("run the generator: %v\n%s", err, out)
	}
	for _, name := range []string{"amd64numbers.go", "arm64numbers.go"} {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(name); err != nil || string(got) != string(want) {
			t.Errorf("%s is not what the generator writes (%v): run go generate ./internal/seccomp", name, err)
		}
	}
}
