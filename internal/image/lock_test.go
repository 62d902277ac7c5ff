package image

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
)

// A urun that was stopped with Ctrl-Z at the wrong moment must not stop all others without a word.
func TestAStoppedUrunIsSaid(t *testing.T) {
	s := newStore(t)
	put(t, s, made("x", "a"), "localhost/x:1")
	f, err := lockPath(context.Background(), s.images("change"), os.O_RDWR, unix.LOCK_EX)
	must(t, err)
	if err := s.Untag("localhost/x:1"); err == nil || !strings.Contains(err.Error(), "Ctrl-Z") {
		t.Errorf("%v", err)
	}
	if _, _, err := s.Find("localhost/x:1"); err != nil { // a start takes no part in it
		t.Error(err)
	}
	must(t, f.Close())
	// Who gave up must not take the lock later and keep it.
	must(t, s.Tag("localhost/x:2", made("x").Manifest, ""))
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	s := newStore(t)
	f, err := s.OpenPartial(context.Background(), someDigest)
	must(t, err)
	why := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(context.Background())
	time.AfterFunc(50*time.Millisecond, func() { cancel(why) })
	if _, err := s.OpenPartial(ctx, someDigest); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	must(t, f.Close())
	f, err = s.OpenPartial(context.Background(), someDigest)
	must(t, err)
	must(t, f.Close())
}

func TestAFifoIsNoBlobOnItsWay(t *testing.T) {
	s := newStore(t)
	must(t, unix.Mkfifo(s.Partial(someDigest), 0o600))
	if f, err := s.OpenPartial(context.Background(), someDigest); err == nil || !strings.Contains(err.Error(), "urun prune") {
		t.Errorf("%v, %v", f, err)
	}
	if _, err := s.Prune(PruneOptions{}, removeAllFiles); err != nil || exists(s.Partial(someDigest)) {
		t.Errorf("prune leaves it: %v", err)
	}
}

// As where the store is on a file system that is mounted read-only.
func TestAStoreThatCannotBeWrittenIsUsed(t *testing.T) {
	testenv.Unprivileged(t)
	s := newStore(t)
	r := made("x", "a")
	put(t, s, r, "localhost/x:1")
	must(t, os.Chmod(s.useLock(r.Manifest), 0o400))
	must(t, os.Chmod(s.Record(r.Manifest), 0o500))
	defer func() { must(t, os.Chmod(s.Record(r.Manifest), 0o700)) }()
	_, r, err := s.Find("localhost/x:1")
	must(t, err)
	use, err := s.Use(r)
	must(t, err)
	must(t, use.Close())
}
