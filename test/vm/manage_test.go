//go:build vm

package vm

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

// The third demonstration: a fork bomb stays what it is, and can be ended.
func TestAForkBomb(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		b := start(t, userns, "--name", "bomb", "--pids-limit", "20", rootfs, "probe", "bomb", "1000")
		full := 0
		for end := time.Now().Add(testenv.Deadline); full < 10 && time.Now().Before(end); {
			s := run(t, "stats", "--no-stream", "--json", "bomb")
			if s.Status != 0 {
				continue // it is still starting
			}
			n, _, _ := strings.Cut(after(s.Stdout, `"pids":`), ",")
			pids, err := strconv.Atoi(n)
			if err != nil || pids > 20 {
				t.Fatalf("pids.current is %q", n)
			}
			if pids == 20 {
				full++
			}
		}
		if full < 10 {
			t.Fatal("the limit is never reached")
		}
		if out, err := exec.Command("true").CombinedOutput(); err != nil {
			t.Errorf("outside nothing can be started: %v %s", err, out)
		}
		run(t, "kill", "bomb").OK(t)
		if n := b.status(); n != 137 {
			t.Errorf("exit status %d: %s", n, b.stderr.String())
		}
		nothingIsLeft(t)
	})
}

func after(s, sep string) string {
	_, rest, _ := strings.Cut(s, sep)
	return rest
}

// The fourth demonstration: paused means no progress, unpaused goes on where it was.
func TestPausedMeansNoProgress(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		b := start(t, userns, "--name", "clock", "--cgroup", "systemd", rootfs, "probe", "ticks")
		b.sees("3")
		run(t, "pause", "clock").OK(t)
		for len(b.lines) > 0 {
			<-b.lines
		}
		time.Sleep(500 * time.Millisecond)
		if n := len(b.lines); n != 0 {
			t.Errorf("%d lines while it was paused", n)
		}
		if s := stats(t, "clock"); s["paused"] != true {
			t.Errorf("stats does not say that it is paused: %v", s)
		}
		run(t, "pause", "clock").Refused(t, 125, "clock", "paused already")
		run(t, "unpause", "clock").OK(t)
		select {
		case <-b.lines:
		case <-time.After(testenv.Deadline):
			t.Error("it does not go on")
		}
		run(t, "unpause", "clock").Refused(t, 125, "clock", "not paused")

		// A paused one can be ended, and gets other signals when it goes on.
		run(t, "pause", "clock").OK(t)
		r := run(t, "kill", "-s", "TERM", "clock")
		if r.Status != 0 || !strings.Contains(r.Stderr, "gets the signal when it goes on") {
			t.Errorf("exit status %d: %s", r.Status, r.Stderr)
		}
		run(t, "kill", "clock").OK(t)
		if n := b.status(); n != 137 {
			t.Errorf("exit status %d", n)
		}
		nothingIsLeft(t)
	})
}

// The fifth demonstration: a fifth of a CPU is one.
func TestAFifthOfACPU(t *testing.T) {
	got := inside(t, "probe burn 4", "--cpus", "0.2")
	share, err := strconv.ParseFloat(got, 64)
	if err != nil || share < 0.1 || share > 0.25 {
		t.Errorf("it had %s of a CPU", got)
	}
	t.Logf("--cpus 0.2: it had %s of a CPU", got)
}

func TestLimitsOfARunningContainerChange(t *testing.T) {
	b := start(t, "--name", "grows", "-m", "100m", rootfs, "probe", "eat", "30")
	b.sees("full")
	run(t, "update", "-m", "200m", "--pids-limit", "50", "--cpus", "0.5", "grows").OK(t)
	check := func(when string) {
		t.Helper()
		for file, want := range map[string]string{"memory.max": "209715200", "pids.max": "50", "cpu.max": "50000 100000"} {
			if got := readCgroup(t, "grows", file); got != want {
				t.Errorf("%s: %s is %q, want %q", when, file, got, want)
			}
		}
	}
	check("after the update")
	if where != "root" {
		if out, err := exec.Command("systemctl", "--user", "daemon-reload").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		check("after systemd has written its own again")
	}
	run(t, "update", "-m", "10m", "grows").Refused(t, 125, "--memory", "the container uses 3", "choose a higher limit")
	check("after an update that was refused")
	if !delegated() && where != "root" {
		run(t, "update", "--pids-limit", "60", "--cpuset-cpus", "0", "grows").Refused(t, 125, "cpuset is not delegated")
		check("after an update of which a part could not be had")
	}
	// A quota stays when only its period changes; several containers are changed together or not at all.
	run(t, "update", "--cpu-period", "50000", "grows").OK(t)
	if got := readCgroup(t, "grows", "cpu.max"); got != "50000 50000" {
		t.Errorf("cpu.max is %q after a change of the period", got)
	}
	run(t, "update", "--pids-limit", "70", "grows", "nosuch").Refused(t, 125, `"nosuch"`)
	if got := readCgroup(t, "grows", "pids.max"); got != "50" {
		t.Errorf("pids.max is %q although one of the names was wrong", got)
	}
	run(t, "update", "-m", "max", "grows").OK(t)
	if got := readCgroup(t, "grows", "memory.swap.max"); got != "max" {
		t.Errorf("memory.swap.max is %q after max", got)
	}
	if got := readCgroup(t, "grows", "memory.max"); got != "max" {
		t.Errorf("memory.max is %q after max", got)
	}
}

func TestStats(t *testing.T) {
	b := start(t, "--name", "busy", "-m", "100m", "--pids-limit", "30", rootfs, "probe", "eat", "20")
	b.sees("full")
	s := stats(t, "busy")
	for key, least := range map[string]float64{"memory_bytes": 20 << 20, "memory_current_bytes": 20 << 20, "pids": 2, "cpu_usec": 1, "cpu_percent": 0.001} {
		if got, ok := s[key].(float64); !ok || got < least {
			t.Errorf("%s is %v, at least %v is right", key, s[key], least)
		}
	}
	for key, want := range map[string]float64{"memory_limit_bytes": 100 << 20, "pids_limit": 30, "oom_kills": 0} {
		if got, ok := s[key].(float64); !ok || got != want {
			t.Errorf("%s is %v, want %v", key, s[key], want)
		}
	}
	for _, key := range []string{"cpu_pressure_avg10", "memory_pressure_avg10", "io_pressure_avg10"} {
		if _, ok := s[key].(float64); !ok {
			t.Errorf("%s is missing: %v", key, s)
		}
	}
	r := run(t, "stats", "--no-stream")
	r.OK(t)
	if !strings.Contains(r.Stdout, "busy") || !strings.Contains(r.Stdout, "/ 100 MiB") || !strings.Contains(r.Stdout, "/ 30") {
		t.Errorf("the table is\n%s", r.Stdout)
	}
	run(t, "stats", "--no-stream", "nosuch").Refused(t, 125, "nosuch", "busy")
}

func TestKillReachesAllOfAContainer(t *testing.T) {
	for _, c := range []struct {
		args   []string
		status int
	}{
		{[]string{"kill", "many"}, 137},
		{[]string{"kill", "-s", "TERM", "many"}, 143},
		{[]string{"kill", "--all", "many"}, 137},
		{[]string{"kill", "--all", "-s", "15", "many"}, 143},
	} {
		b := start(t, "--name", "many", "--cgroup", "auto", "-m", "100m", rootfs, "sh", "-c", "for i in 1 2 3; do sleep 100 & done; echo ready; exec sleep 100")
		b.sees("ready")
		run(t, c.args...).OK(t)
		if n := b.status(); n != c.status {
			t.Errorf("%v: exit status %d, want %d", c.args, n, c.status)
		}
		if strings.Contains(b.stderr.String(), "for memory") {
			t.Errorf("%v: %s", c.args, b.stderr.String())
		}
		nothingIsLeft(t)
	}
}

// systemd shows a paused container as frozen, and can let it go on.
func TestSystemdKnowsOfAPause(t *testing.T) {
	testenv.Unprivileged(t)
	b := start(t, "--name", "still", "-m", "100m", rootfs, "probe", "sleep")
	b.sees("ready")
	state := func() string {
		t.Helper()
		out, err := exec.Command("systemctl", "--user", "show", "-P", "FreezerState", "urun-still.scope").Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	run(t, "pause", "still").OK(t)
	if got := state(); got != "frozen" {
		t.Errorf("paused, and systemd calls it %s", got)
	}
	run(t, "unpause", "still").OK(t)
	if got := state(); got != "running" {
		t.Errorf("not paused, and systemd calls it %s", got)
	}
	run(t, "pause", "still").OK(t)
	if out, err := exec.Command("systemctl", "--user", "thaw", "urun-still.scope").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if s := stats(t, "still"); s["paused"] != false {
		t.Errorf("systemd has let it go on, and it is still %v", s)
	}
	if out, err := exec.Command("systemctl", "--user", "stop", "urun-still.scope").CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	b.status()
	nothingIsLeft(t)
}

// And where urun was killed, the next command ends them.
func TestWhatAKilledUrunLeftBehindIsEnded(t *testing.T) {
	b := start(t, "--name", "orphans", "--pid", "host", "-m", "100m", rootfs, "sh", "-c", "setsid sleep 4321 >/dev/null 2>&1 & echo ready; exec sleep 100")
	b.sees("ready")
	b.kill()
	collected(t)
	if out, err := exec.Command("pgrep", "-f", "^sleep 4321$").Output(); err == nil {
		t.Errorf("it lives on: %s", out)
	}
}

// With --pid host nothing ends the processes that the command left behind, but the cgroup.
func TestWhatTheCommandLeftBehindGoesWithTheCgroup(t *testing.T) {
	r := run(t, "--pid", "host", "-m", "100m", rootfs, "sh", "-c", "setsid sleep 1234 >/dev/null 2>&1 & echo started")
	r.OK(t)
	for range 100 {
		if err := exec.Command("pgrep", "-f", "^sleep 1234$").Run(); err != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("it lives on")
}

func TestOneNameIsOneContainer(t *testing.T) {
	b := start(t, "--name", "one", "-m", "100m", rootfs, "probe", "sleep")
	b.sees("ready")
	run(t, "--name", "one", "-m", "100m", rootfs, "true").Refused(t, 125, `"one" is running`, "urun rm --force one", "--name")
	b.kill()
	for range 10 { // systemd may still be busy with the one before
		run(t, "--name", "one", "-m", "100m", rootfs, "true").OK(t)
	}
	nothingIsLeft(t)
}

func TestManyAtOnce(t *testing.T) {
	const n = 24
	errs := make(chan error, n)
	for range n {
		go func() {
			out, err := exec.Command(urun, "--userns=single", "-m", "50m", rootfs, "cat", "/sys/fs/cgroup/memory.max").CombinedOutput()
			if err == nil && string(out) != "52428800\n" {
				err = fmt.Errorf("it prints %q", out)
			} else if err != nil {
				err = fmt.Errorf("%w: %s", err, out)
			}
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	nothingIsLeft(t)
}
