//go:build vm

package vm

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

const oomLine = "urun: the kernel killed a process of the container for memory, of which it may have 100 MiB (--memory)\n"

// The first demonstration: 200 MiB under a limit of 100.
func TestWantingMoreMemoryThanThereIs(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		for _, init := range []string{"--init", "--no-init"} {
			file := t.TempDir() + "/result"
			r := run(t, userns, init, "-m", "100m", "--json", file, rootfs, "probe", "eat", "200")
			if r.Status != 137 || r.Stderr != oomLine || strings.Contains(r.Stdout, "full") {
				t.Errorf("%s: exit status %d: %s", init, r.Status, r.Stderr)
			}
			if o := readOutcome(t, file); !o.OOMKilled || o.OOMKills != 1 || o.Status != 137 {
				t.Errorf("%s: %+v", init, o)
			}
			nothingIsLeft(t)
		}
	})
}

// The second tutorial's allocator takes a megabyte at a time and ends before 20 of them, its own pages included.
func TestTwentyMegabytes(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		r := run(t, userns, "-m", "20m", rootfs, "probe", "eat", "100")
		n := len(r.Lines())
		if r.Status != 137 || n < 10 || n > 20 {
			t.Errorf("exit status %d after %d MiB: %s", r.Status, n, r.Stderr)
		}
	})
}

// The limit that is told is the one there was, not the one of the start.
func TestALimitThatWasChangedIsTold(t *testing.T) {
	b := start(t, "--name", "less", "-m", "100m", rootfs, "sh", "-c", "echo ready; sleep 2; exec probe eat 100")
	b.sees("ready")
	run(t, "update", "-m", "50m", "less").OK(t)
	if n := b.status(); n != 137 || !strings.Contains(b.stderr.String(), "may have 50 MiB") {
		t.Errorf("exit status %d: %s", n, b.stderr.String())
	}
}

// A process that is killed for memory does not take the others with it, unless asked.
func TestTheOthersLiveOnUnlessTheGroupIsAskedFor(t *testing.T) {
	line := "probe eat 200 >/dev/null; echo $?"
	r := run(t, "-m", "100m", rootfs, "sh", "-c", line)
	if r.Status != 0 || r.Stdout != "137\n" || !strings.HasSuffix(r.Stderr, oomLine) {
		t.Errorf("exit status %d, %q: %s", r.Status, r.Stdout, r.Stderr)
	}
	file := t.TempDir() + "/result"
	r = run(t, "-m", "100m", "--oom-group", "--json", file, rootfs, "sh", "-c", line)
	if o := readOutcome(t, file); r.Status != 137 || r.Stdout != "" || !strings.Contains(r.Stderr, "for memory") || !o.OOMKilled || o.OOMKills < 2 {
		t.Errorf("with --oom-group: exit status %d, %q: %s %+v", r.Status, r.Stdout, r.Stderr, o)
	}
	nothingIsLeft(t)
}

// An OOM kill is told from any other SIGKILL, although systemd removes the cgroup with its counter as soon as the last
// process has ended. Two containers at a time keep the machine busy.
func TestAnOOMKillIsToldFromAnyOther(t *testing.T) {
	rounds := map[string]int{"user": 100, "session": 25, "root": 25}[where]
	if testing.Short() {
		rounds = 5
	}
	type kind struct {
		name  string
		flags []string
		argv  []string
		oom   bool
	}
	kinds := []kind{
		{"for memory", nil, []string{"probe", "eat", "60"}, true},
		{"for memory, without an init", []string{"--no-init"}, []string{"probe", "eat", "60"}, true},
		{"by itself", nil, []string{"sh", "-c", "kill -9 $$"}, false},
		{"by another after it took memory", nil, []string{"sh", "-c", "probe eat 10 & sleep 0.1; kill -9 $! $$"}, false},
	}
	right := map[string]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	work := make(chan kind)
	for worker := range 2 {
		dir := t.TempDir()
		wg.Go(func() {
			for k := range work {
				file := fmt.Sprintf("%s/%d", dir, worker)
				r := run(t, append(append([]string{"--userns=single", "--net=none", "-m", "20m", "--json", file}, k.flags...), append([]string{rootfs}, k.argv...)...)...)
				o := readOutcome(t, file)
				told := strings.Contains(r.Stderr, "for memory")
				mu.Lock()
				if r.Status == 137 && o.OOMKilled == k.oom && told == k.oom {
					right[k.name]++
				} else {
					t.Errorf("killed %s: exit status %d, %+v, %q", k.name, r.Status, o, r.Stderr)
				}
				mu.Unlock()
			}
		})
	}
	for range rounds {
		for _, k := range kinds {
			work <- k
		}
	}
	close(work)
	wg.Wait()
	for _, k := range kinds {
		t.Logf("killed %s: right %d times of %d", k.name, right[k.name], rounds)
	}
	nothingIsLeft(t)
}

// Until its exec the first process shares urun's memory: a limit that the start meets would have the kernel kill urun, too.
func TestALimitTooSmallForAStart(t *testing.T) {
	for _, size := range []string{"100k", "512k", "5m"} {
		run(t, "-m", size, rootfs, "true").Refused(t, 125, "--memory", "no container can start with so little", "6m or more")
	}
	run(t, "-m", "6m", rootfs, "true").OK(t)
	nothingIsLeft(t)
}
