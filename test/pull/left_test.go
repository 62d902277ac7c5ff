package pull

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/test/images"
)

// written are the directories of containers that are in the store.
func (p *place) written() []string {
	p.Helper()
	found, err := filepath.Glob(p.Data + "/urun/containers/*")
	if err != nil {
		p.Fatal(err)
	}
	return found
}

func TestNothingIsLeftOfManyRuns(t *testing.T) {
	p := here(t, full)
	withBusybox(p, "many", v1.Config{})
	var runs atomic.Int32
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for runs.Add(1) <= 200 {
				r := p.Run(p.Args(nil, "sh", "-c", "mkdir /new; rm -r /home; echo x >/etc/passwd; echo ran")...)
				if r.Status != 0 || r.Stdout != "ran\n" || r.Stderr != "" {
					t.Errorf("exit status %d, %q, %s", r.Status, r.Stdout, r.Stderr)
					return
				}
			}
		})
	}
	all.Wait()
	if left := p.written(); len(left) > 0 {
		t.Errorf("left are %q", left)
	}
}

// A urun that is killed cannot tidy up; the next one does, and what another container still uses stays.
func TestTheNextStartCollectsWhatTheKilledHaveLeft(t *testing.T) {
	p := here(t, full)
	withBusybox(p, "killed", v1.Config{})
	runs := p.Detach(nil, "sh", "-c", "echo mine >/file; sleep 1d")
	for i := range 5 {
		ready := fmt.Sprint(p.Data, "/ready", i)
		if err := os.Mkdir(ready, 0o777); err != nil {
			t.Fatal(err)
		}
		c := p.Command(p.Args([]string{"-v", ready + ":/ready"}, "sh", "-c", "echo x >/file; : >/ready/file; sleep 1d")...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		p.Until("the container runs", func() bool { _, err := os.Stat(ready + "/file"); return err == nil })
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait() // killed
		if err := os.RemoveAll(ready); err != nil {
			t.Fatal(err)
		}
	}
	supervisor := p.Detach([]string{"--rm"}, "sleep", "1d")
	if err := syscall.Kill(p.Inspect(supervisor).State.SupervisorPid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.Until("only the running container's directory is there", func() bool {
		p.prints("ran", "echo", "ran")
		return len(p.written()) == 1
	})
	if r := p.Run("exec", runs, "cat", "/file"); r.Stdout != "mine\n" {
		t.Errorf("the container that runs has %q, %s", r.Stdout, r.Stderr)
	}
	if r := p.Run("rm", "-f", runs); r.Status != 0 {
		t.Errorf("rm: exit status %d, %s", r.Status, r.Stderr)
	}
	p.Until("what the last container wrote is gone", func() bool { return len(p.written()) == 0 })
}

// A pull that is killed at any moment leaves nothing that is taken for an image, and the next one needs no help.
func TestAPullThatIsKilledIsDoneAgain(t *testing.T) {
	p := here(t, full)
	var big strings.Builder
	for i := range 200_000 {
		fmt.Fprintln(&big, i)
	}
	layers := [][]byte{busybox(t, p.Home.Rootfs)}
	for i := range 20 {
		layers = append(layers, images.Layer{images.File(fmt.Sprint("big", i), big.String()[i:])}.Tar(t))
	}
	p.push("big", build(t, v1.Config{}, layers...))
	ref, ends := p.ref("big"), 0
	for delay := 5 * time.Millisecond; ends == 0; delay += 40 * time.Millisecond {
		c := p.Command("pull", "-q", "--tls-verify=false", ref)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(delay)
		_ = c.Process.Kill() // it may have ended
		if c.Wait() == nil {
			ends++
		} else if r := p.Run("run", "--pull=never", "--net=none", ref, "cat", "/big19"); r.Status == 0 && r.Stdout != big.String()[19:] {
			t.Fatalf("after %v there is an image, and it has another file", delay)
		}
	}
	p.pulled("big")
	if got := p.inside(nil, "sh", "-c", "cat /big0 | md5sum; ls / | grep -c big"); !strings.HasSuffix(got, "\n20") {
		t.Errorf("it prints %q", got)
	}
	p.Run("prune", "-f")
}
