package image

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// images are those that the crowd deals with. Some layers are shared by all.
func images() (list []Record) {
	for i := range 5 {
		list = append(list, made("image"+strconv.Itoa(i), "base", "own"+strconv.Itoa(i)))
	}
	return list
}

// one of the crowd does something, as urun and urun-image would. What others may have done meanwhile is no error.
func act(s Store, rnd *rand.Rand) error {
	r := images()[rnd.IntN(5)]
	name := "localhost/name" + strconv.Itoa(rnd.IntN(4)) + ":latest"
	ctx := context.Background()
	switch rnd.IntN(10) {
	case 0, 1, 2, 3: // pull
		at, err := s.Share(ctx)
		if err != nil {
			return err
		}
		defer at.Close()
		if err := fetch(ctx, s, r); err != nil {
			return err
		}
		if err := s.Save(r, []byte("root"), nil, Entry{Name: name}); err != nil {
			return err
		}
		return ignore(s.Tag("localhost/other:1", r.Manifest, ""))
	case 4, 5: // start
		e, r, err := s.Find(name)
		if err != nil {
			return ignore(err)
		}
		use, err := s.Use(r)
		if err != nil {
			return ignore(err)
		}
		defer use.Close()
		if got := s.Missing(r, owners()); got != nil {
			return fmt.Errorf("%s in use has no layers %v", e.Name, got)
		}
		time.Sleep(time.Millisecond)
		if got := s.Missing(r, owners()); got != nil {
			return fmt.Errorf("%s in use has lost the layers %v", e.Name, got)
		}
		_, err = s.Read(r.Manifest)
		return err
	case 6:
		_, err := s.RemoveNamed(name, true, removeAllFiles)
		return ignore(err)
	case 7:
		return ignore(s.Untag(name))
	case 8:
		_, err := s.Prune(PruneOptions{All: rnd.IntN(2) == 0}, removeAllFiles)
		return err
	}
	all, passed, err := s.List()
	for _, l := range all {
		if len(l.Layers) != 2 {
			err = errors.Join(err, fmt.Errorf("%s has %d layers", l.ID, len(l.Layers)))
		}
	}
	return errors.Join(append(passed, err)...)
}

// fetch puts what is missing of an image into the store, as urun-image does.
func fetch(ctx context.Context, s Store, r Record) error {
	for _, d := range append([]Digest{r.Manifest, Digest("sha256:" + r.ID)}, blobs(r)...) {
		if exists(s.Blob(d)) {
			continue
		}
		f, err := s.OpenPartial(ctx, d)
		if err != nil {
			return err
		}
		if !exists(s.Blob(d)) {
			_, err = f.WriteString(string(d))
			err = errors.Join(err, os.Rename(f.Name(), s.Blob(d)))
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	for _, key := range r.Trees(owners()) {
		l, err := s.LockTree(ctx, key)
		if err != nil {
			return err
		}
		if !exists(s.Tree(key)) {
			m, err := s.NewTmp()
			if err == nil {
				err = errors.Join(os.Mkdir(m.Path+"/tree", 0o755), os.WriteFile(m.Path+"/tree/file", []byte(key), 0o600), os.Rename(m.Path+"/tree", s.Tree(key)), m.Close())
			}
			if err != nil {
				return err
			}
		}
		l.Close()
	}
	return nil
}

// ignore lets pass what comes of others.
func ignore(err error) error {
	missing, inUse := (*NotFoundError)(nil), (*InUseError)(nil)
	if errors.As(err, &missing) || errors.As(err, &inUse) {
		return nil
	}
	return err
}

// writer is one of the crowd in a process of its own: so many acts, or until it is killed.
func writer(args []string) int {
	seed, _ := strconv.ParseUint(args[1], 10, 64)
	n, _ := strconv.Atoi(args[2])
	rnd := rand.New(rand.NewPCG(seed, 1))
	fmt.Println("begun")
	for i := 0; n == 0 || i < n; i++ {
		if err := act(Store{args[0]}, rnd); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	return 0
}

// whole fails the test unless every image that is in the store is there with all that it names.
func whole(t *testing.T, s Store) {
	t.Helper()
	all, passed, err := s.List()
	if err != nil || len(passed) > 0 {
		t.Errorf("%v, %v", passed, err)
	}
	for _, l := range all {
		if got := s.Missing(l.Record, owners()); got != nil {
			t.Errorf("%s has no layers %v", l.ID, got)
		}
		for _, key := range l.Trees(owners()) {
			if text, err := os.ReadFile(s.Tree(key) + "/file"); string(text) != key {
				t.Errorf("the layer %s is not whole: %v", key, err)
			}
		}
		for _, d := range append([]Digest{l.Manifest, Digest("sha256:" + l.ID)}, blobs(l.Record)...) {
			if text, err := os.ReadFile(s.Blob(d)); string(text) != string(d) {
				t.Errorf("the blob %s is not whole: %v", d, err)
			}
		}
		if text, err := os.ReadFile(filepath.Join(s.Record(l.Manifest), "etc/passwd")); string(text) != "root" {
			t.Errorf("passwd of %s: %q, %v", l.ID, text, err)
		}
	}
}

// cleared fails the test unless nothing is left when all images are removed.
func cleared(t *testing.T, s Store) {
	t.Helper()
	if p, err := s.Prune(PruneOptions{All: true}, removeAllFiles); err != nil || p.Busy || len(p.Passed) > 0 || len(p.InUse) > 0 {
		t.Errorf("%+v, %v", p, err)
	}
	isEmpty(t, s)
}

func TestTwentyAtOnceLeaveWholeImages(t *testing.T) {
	s := newStore(t)
	var crowd sync.WaitGroup
	failed := make(chan error, 20)
	for i := range 10 {
		crowd.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(i), 0))
			for range 60 {
				if err := act(s, rnd); err != nil {
					failed <- err
					return
				}
			}
		})
		crowd.Go(func() {
			out, err := exec.Command("/proc/self/exe", "writer", s.Dir, strconv.Itoa(i), "60").Output()
			if err != nil {
				failed <- fmt.Errorf("%w: %s", err, out)
			}
		})
	}
	crowd.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	whole(t, s)
	cleared(t, s)
}

// Between making a directory and locking it, it looks like one that was left over.
func TestAPruneTakesNothingThatIsJustBeingMade(t *testing.T) {
	s := newStore(t)
	done := make(chan bool)
	var pruners sync.WaitGroup
	for range 3 {
		pruners.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					if _, err := s.Prune(PruneOptions{}, removeAllFiles); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for range 500 {
		m, err := s.NewTmp()
		if err == nil {
			err = errors.Join(os.WriteFile(m.Path+"/file", nil, 0o600), m.Close())
		}
		if err != nil {
			t.Error(err)
			break
		}
	}
	close(done)
	pruners.Wait()
}

// Whatever a process is killed at, it leaves whole images and what the next prune takes.
func TestTheKilledLeaveWholeImages(t *testing.T) {
	s := newStore(t)
	for i := range 40 {
		c := exec.Command("/proc/self/exe", "writer", s.Dir, strconv.Itoa(i), "0")
		out, err := c.StdoutPipe()
		must(t, err)
		must(t, c.Start())
		r := bufio.NewReader(out)
		_, err = r.ReadString('\n')
		must(t, err)
		time.Sleep(time.Duration(rand.IntN(20_000)) * time.Microsecond)
		must(t, c.Process.Signal(unix.SIGKILL))
		rest, err := io.ReadAll(r)
		if err != nil || len(rest) > 0 {
			t.Errorf("%s, %v", rest, err)
		}
		_ = c.Wait() // it was killed
		whole(t, s)
	}
	cleared(t, s)
}

func TestAFullDiskLeavesNothing(t *testing.T) {
	const there = "URUN_TEST_FULL_DISK"
	r, name := made("x", "a"), "localhost/x:1"
	if dir := os.Getenv(there); dir != "" {
		s := Store{dir + "/urun"}
		must(t, s.Make())
		must(t, s.Save(r, []byte("root"), nil))
		must(t, s.Tag(name, r.Manifest, ""))
		before := listing(t, s.Dir)
		stuff, err := os.Create(dir + "/stuff")
		must(t, err)
		for block := 4096; block > 0; {
			if _, err := stuff.Write(make([]byte, block)); errors.Is(err, unix.ENOSPC) {
				block /= 2
			} else {
				must(t, err)
			}
		}
		must(t, stuff.Close())
		for what, err := range map[string]error{
			"save":       s.Save(made("y", "b"), []byte("root"), nil),
			"save again": s.Save(r, make([]byte, 10_000), nil, Entry{Name: "localhost/z:1"}),
			"tag":        s.Tag(name, r.Manifest, "stamp"),
			"tag anew":   s.Tag("localhost/y:1", r.Manifest, ""),
		} {
			if !errors.Is(err, unix.ENOSPC) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if after := listing(t, s.Dir); after != before {
			t.Errorf("before:\n%safter:\n%s", before, after)
		}
		if e, got, err := s.Find(name); err != nil || e.Stamp != "" || got.ID != r.ID {
			t.Errorf("%+v, %v", e, err)
		}
		_, err = s.Remove(r, removeAllFiles) // which needs no room
		must(t, err)
		isEmpty(t, s)
		fmt.Println("tried")
		return
	}
	full(t, "^TestAFullDiskLeavesNothing$", there)
}
