package forkexec

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// The process that enters namespaces clones, too, and wrote its own mask over what the caller's thread was to get back: that
// had all signals blocked from then on.
func TestTheThreadsSignalMaskSurvivesAJoin(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_, user, net := dweller(t)
	var before, after unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, nil, &before); err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		c, err := Spawn(0, 0, false, Join{FD: user}, Join{FD: net})
		if err != nil {
			t.Fatal(err)
		}
		mask := bootAt(c.boot).mask
		c.Hangup()
		exited(t, c)
		c.Close()
		if err := unix.PthreadSigmask(unix.SIG_BLOCK, nil, &after); err != nil {
			t.Fatal(err)
		}
		if after != before || mask != before.Val[0] {
			_ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
			t.Fatalf("round %d: %#x became %#x, and the command would get %#x", i, before.Val[0], after.Val[0], mask)
		}
	}
}
