package userns

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fake makes a choice whose helpers are scripts.
func fake(t *testing.T, newuidmap, newgidmap string) Choice {
	t.Helper()
	dir := t.TempDir()
	helper := func(name, body string) Helper {
		h := Helper{Name: name, Path: filepath.Join(dir, name), Setuid: true}
		if body != "" {
			if err := os.WriteFile(h.Path, []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		return h
	}
	c, err := Choose(Wish{}, laptop(func(h *Host) {
		h.NewUIDMap, h.NewGIDMap = helper("newuidmap", newuidmap), helper("newgidmap", newgidmap)
	}))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestHelpersGetTheMaps(t *testing.T) {
	out := filepath.Join(t.TempDir(), "args")
	c := fake(t, `echo "$@" > `+out+`.uid; echo nobody reads this`, `cat; echo "$@" > `+out+`.gid; ls -l /proc/$$/fd | wc -l > `+out+`.fds`)
	if err := c.Write(4711); err != nil {
		t.Fatal(err)
	}
	for suffix, want := range map[string]string{
		".uid": "4711 0 1000 1 1 100000 65536\n",
		".gid": "4711 0 1000 1 1 200000 65536\n",
	} {
		if got, err := os.ReadFile(out + suffix); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestHelpersRunSideBySide(t *testing.T) {
	// Each waits for the other's file.
	dir := t.TempDir()
	body := func(mine, other string) string {
		return "cd " + dir + "; : > " + mine + "; until test -e " + other + "; do sleep 0.01; done"
	}
	if err := fake(t, body("a", "b"), body("b", "a")).Write(4711); err != nil {
		t.Error(err)
	}
}

func TestHelperFailuresAreTold(t *testing.T) {
	const late = 300 * time.Millisecond
	for _, c := range []struct {
		name, newuidmap, newgidmap string
		deadline                   time.Duration
		want                       string
		exit                       int
	}{
		{"newuidmap refuses", "echo 'newuidmap: uid range not allowed' >&2; exit 1", "exit 0", time.Minute,
			"newuidmap: exit status 1: newuidmap: uid range not allowed", 1},
		{"newgidmap refuses", "exit 0", "echo no >&2; exit 3", time.Minute, "newgidmap: exit status 3: no", 3},
		{"both refuse", "exit 4", "exit 5", time.Minute, "newuidmap: exit status 4", 4},
		{"control characters", `printf 'a\033[31m\nb\0\377c\n' >&2; exit 1`, "exit 0", time.Minute, "newuidmap: exit status 1: a [31m b  c", 1},
		{"talks without end", "while :; do echo 0123456789012345678901234567890123456789; done >&2", "exit 0", late,
			"newuidmap: no answer within 300ms: 0123", -1},
		{"talks much and fails", "head -c 300000 /dev/zero | tr '\\0' x >&2; exit 1", "exit 0", time.Minute, "newuidmap: exit status 1: xxx", 1},
		{"hangs", "exec sleep 600", "exit 0", late, "newuidmap: no answer within 300ms", -1},
		{"both hang", "exec sleep 600", "exec sleep 600", late, "newuidmap: no answer within 300ms", -1},
		{"the second hangs", "exit 0", "exec sleep 600", late, "newgidmap: no answer within 300ms", -1},
		{"killed", "kill -9 $$", "exit 0", time.Minute, "newuidmap: killed by signal 9", -1},
		{"gone meanwhile", "", "exit 0", time.Minute, "newuidmap: run ", -1},
		{"the second gone meanwhile", "exit 0", "", time.Minute, "newgidmap: run ", -1},
		{"leaves a child with the pipe", "sleep 3 & exit 1", "exit 0", time.Minute, "newuidmap: exit status 1", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			choice := fake(t, c.newuidmap, c.newgidmap)
			before := descriptors(t)
			start := time.Now()
			err := choice.write(4711, c.deadline)
			if took := time.Since(start); took > 2500*time.Millisecond {
				t.Errorf("took %s", took)
			}
			var failed *HelperError
			if !errors.As(err, &failed) || !strings.HasPrefix(err.Error(), c.want) || failed.ExitCode != c.exit {
				t.Fatalf("got %v (%+v), want %s and exit code %d", err, failed, c.want, c.exit)
			}
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors were open before and %d are after", before, after)
			}
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
				t.Errorf("a child is left: wait4 gives %d, %v", pid, err)
			}
		})
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	n := 0
	for fd := range 256 {
		if _, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd)); err == nil {
			n++
		}
	}
	return n
}

func TestFallbackIsOneIDWithTheReason(t *testing.T) {
	uid := Helper{Name: "newuidmap", Path: "/usr/bin/newuidmap", Setuid: true}
	gid := Helper{Name: "newgidmap", Path: "/usr/bin/newgidmap", Setuid: true}
	refused := errors.New("exit status 1")
	for _, c := range []struct {
		name string
		mode Mode
		host Host
		err  *HelperError
		uids string
		lost string
	}{
		{"auto", Auto, laptop(nil), &HelperError{Helper: uid, Err: refused, Stderr: "no"}, "0:1000:1", ": newuidmap: exit status 1: no"},
		{"keep-id", KeepID, laptop(nil), &HelperError{Helper: uid, Err: refused}, "1000:1000:1", ": newuidmap: exit status 1"},
		{"a container without CAP_SYS_ADMIN", Auto, laptop(func(h *Host) { h.SysAdminBound = false }), &HelperError{Helper: gid, Err: refused}, "0:1000:1",
			": newgidmap: exit status 1; an administrator can run: chmod u-s /usr/bin/newgidmap && setcap cap_setgid+ep /usr/bin/newgidmap"},
		{"under newgrp", Auto, laptop(nil), &HelperError{Helper: uid, Err: refused, Stderr: "newuidmap: Target process 5 is owned by a different user: uid:1"}, "0:1000:1",
			": newuidmap: exit status 1: newuidmap: Target process 5 is owned by a different user: uid:1; bob can start it with the login group (not under newgrp or sg)"},
		{"ids of a directory service, and no files", Auto, laptop(func(h *Host) { h.SubUID.Source = "getsubids (sss)" }), &HelperError{Helper: uid, Err: refused}, "0:1000:1",
			": newuidmap: exit status 1; an administrator can make /etc/subuid and /etc/subgid, empty: newuidmap wants them also where a directory service has the ids"},
		{"without a passwd entry", Auto, laptop(nil), &HelperError{Helper: uid, Err: refused, Stderr: "newuidmap: Cannot determine your user name."}, "0:1000:1",
			": newuidmap: exit status 1: newuidmap: Cannot determine your user name.; an administrator can give the uid a passwd entry"},
	} {
		t.Run(c.name, func(t *testing.T) {
			first, err := Choose(Wish{Mode: c.mode}, c.host)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := Fallback(first, c.err)
			if !ok || show(got.UIDs) != c.uids || manner(got) != "direct, one id, deny" || lines(got.Lost) != oneID+c.lost {
				t.Errorf("got %s, %s, %v, lost\n%s, want %s, lost\n%s", show(got.UIDs), manner(got), ok, lines(got.Lost), c.uids, oneID+c.lost)
			}
		})
	}
}

func TestFallbackIsNotForWhatWasAskedFor(t *testing.T) {
	failed := &HelperError{Err: errors.New("exit status 1")}
	custom, err := Choose(Wish{Mode: Custom, UIDMaps: parse(t, "0:100000:5"), GIDMaps: parse(t, "0:200000:5")}, laptop(nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := Fallback(custom, failed); ok {
		t.Error("maps that were asked for line by line were dropped")
	}
	auto, err := Choose(Wish{}, laptop(nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := Fallback(auto, errors.New("write setgroups of 5: no such process")); ok {
		t.Error("an error that is not a helper's was taken for one")
	}
	one, _ := Fallback(auto, failed)
	if _, ok := Fallback(one, failed); ok {
		t.Error("one id was given up for one id")
	}
}
