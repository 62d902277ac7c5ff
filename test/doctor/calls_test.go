package doctor

import (
	"encoding/json"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/seccomp"
	"github.com/urun-project/urun/test/testenv"
)

// Filters around urun refuse this or that: each system call that a start makes is refused once, and doctor has to know
// what that does to a start. Those without which no program of Go's begins are of no interest.
func TestEveryCallOfAStartRefused(t *testing.T) {
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	flags := []string{"--userns=single", "--net=none"}
	looked := 0
	for _, call := range calls(t, h, flags) {
		if slices.Contains([]string{"read", "close", "openat"}, call.name) {
			continue // whatever reads a file hangs, or has nothing to say
		}
		prefix := []string{kit.Probe, "refuse", "call:" + strconv.Itoa(call.number)}
		if r := testenv.Finish(t, command(h, prefix, h.Urun, "version")); r.Status != 0 {
			t.Logf("%s: urun does not even tell its version", call.name)
			continue
		}
		said := testenv.Finish(t, command(h, prefix, h.Urun, "doctor", "--json", h.Rootfs))
		done := testenv.Finish(t, command(h, prefix, h.Urun, slices.Concat(flags, []string{h.Rootfs, "true"})...))
		var r report
		if err := json.Unmarshal([]byte(said.Stdout), &r); err != nil {
			t.Errorf("%s: %v: %s%s", call.name, err, said.Stdout, said.Stderr)
			continue
		}
		looked++
		if r.Works != (done.Status == 0) {
			t.Errorf("%s: doctor says %q, and the exit status is %d: %s", call.name, r.Summary, done.Status, done.Stderr)
		}
	}
	if looked < 25 {
		t.Errorf("%d calls were refused", looked)
	}
}

type refusable struct {
	name   string
	number int
}

// calls are those that a start makes, by what urun says of it.
func calls(t *testing.T, h *testenv.Home, flags []string) (list []refusable) {
	t.Helper()
	r := h.Run(slices.Concat(flags, []string{"--explain", h.Rootfs, "true"})...)
	r.OK(t)
	numbers := map[string]int{}
	for n := range 1024 {
		if name := seccomp.Name(runtime.GOARCH, uintptr(n)); name != "" {
			numbers[name] = n
		}
	}
	seen := map[string]bool{}
	for line := range strings.Lines(r.Stdout) {
		who, rest, _ := strings.Cut(line, " ")
		fields := strings.Fields(rest)
		if who != "C" && who != "P" || len(fields) == 0 {
			continue
		}
		for _, f := range fields[:min(2, len(fields))] {
			name, _, isCall := strings.Cut(f, "(")
			if n, ok := numbers[name]; ok && isCall && !seen[name] {
				seen[name], list = true, append(list, refusable{name, n})
			}
		}
	}
	return list
}
