package namespaces

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// started starts a process in new namespaces, which ends with the test.
func started(t *testing.T, flags uintptr) int {
	t.Helper()
	c := exec.Command("/bin/cat")
	if _, err := c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  flags,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	if err := c.Start(); err != nil {
		if os.Getenv("URUN_TEST_MUST_RUN") == "1" {
			t.Fatal("create namespaces:", err)
		}
		t.Skip("create namespaces:", err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	return c.Process.Pid
}

// byType are a process's namespaces; all have to be there.
func byType(t *testing.T, pid int) map[string]Namespace {
	t.Helper()
	list, err := Of(pid)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Namespace{}
	var order []string
	for _, n := range list {
		found[n.Type] = n
		order = append(order, n.Type)
		var link string
		for _, k := range kinds {
			if k.name == n.Type {
				link = k.link
			}
		}
		text, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, link))
		if want := fmt.Sprintf("%s:[%d]", link, n.Inode); err != nil || text != want {
			t.Errorf("the %s namespace is %s, %v, want %s", n.Type, text, err, want)
		}
		if inode, err := Inode(pid, n.Type); err != nil || inode != n.Inode {
			t.Errorf("the inode of the %s namespace is %d, %v, want %d", n.Type, inode, err, n.Inode)
		}
	}
	if len(order) < 7 || !slices.Equal(order[:7], []string{"user", "mount", "pid", "network", "ipc", "uts", "cgroup"}) {
		t.Errorf("the namespaces are %v", order)
	}
	return found
}

func TestTheCallersNamespacesAreNotAnothers(t *testing.T) {
	for _, n := range byType(t, os.Getpid()) {
		if n.Own {
			t.Errorf("%+v", n)
		}
	}
}

func TestNewNamespacesBelongToTheNewUserNamespace(t *testing.T) {
	mine := byType(t, os.Getpid())
	its := byType(t, started(t, unix.CLONE_NEWUSER|unix.CLONE_NEWPID|unix.CLONE_NEWUTS))
	for kind, n := range its {
		own := kind == "user" || kind == "pid" || kind == "uts"
		if n.Own != own || (n.Inode != mine[kind].Inode) != own {
			t.Errorf("%+v, and the caller's is %+v", n, mine[kind])
		}
		if kind != "user" && own && n.Owner != its["user"].Inode {
			t.Errorf("%+v belongs to another namespace than %d", n, its["user"].Inode)
		}
		if !own && n.Owner != mine[kind].Owner {
			t.Errorf("%+v belongs to somebody else than the caller's: %d", n, mine[kind].Owner)
		}
		if (n.OwnerUID != nil) != (kind == "user") || kind != "user" && kind != "pid" && n.Parent != 0 {
			t.Errorf("%+v", n)
		}
	}
	user := its["user"]
	if user.Parent != mine["user"].Inode || user.Owner != user.Parent || *user.OwnerUID != uint32(os.Geteuid()) {
		t.Errorf("%+v with owner %d, below %+v", user, *user.OwnerUID, mine["user"])
	}
	if its["pid"].Parent != mine["pid"].Inode {
		t.Errorf("%+v, below %+v", its["pid"], mine["pid"])
	}
}

func TestNoDescriptorIsLeftOpen(t *testing.T) {
	count := func() int {
		names, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	pid := started(t, unix.CLONE_NEWUSER|unix.CLONE_NEWPID)
	before := count()
	if _, err := Of(pid); err != nil {
		t.Fatal(err)
	}
	if after := count(); after != before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func over(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) }

// A zombie has a user and a pid namespace still. Half a list would be taken for a whole one.
func TestAProcessThatHasEndedIsAnError(t *testing.T) {
	c := exec.Command("/bin/cat")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		list, err := Of(c.Process.Pid)
		if over(err) {
			break
		}
		if err != nil || len(list) < 7 || time.Now().After(deadline) {
			t.Fatalf("%v, %v", list, err)
		}
		time.Sleep(time.Millisecond)
	}
	if err := c.Wait(); err != nil {
		t.Fatal(err)
	}
	if list, err := Of(c.Process.Pid); !over(err) {
		t.Errorf("%v, %v", list, err)
	}
	if n, err := Inode(c.Process.Pid, "pid"); !over(err) {
		t.Errorf("%d, %v", n, err)
	}
}

func TestWhoMayNotLookIsTold(t *testing.T) {
	var st unix.Stat_t
	if err := unix.Stat("/proc/1", &st); err != nil || os.Geteuid() == 0 || st.Uid == uint32(os.Geteuid()) {
		t.Skip("no process of somebody else's")
	}
	if list, err := Of(1); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v, %v", list, err)
	}
}

func TestAnUnknownKindIsAnError(t *testing.T) {
	for _, kind := range []string{"", "mnt", "net", "../stat"} {
		if n, err := Inode(os.Getpid(), kind); err == nil {
			t.Errorf("%q gives %d", kind, n)
		}
	}
}

func TestWhatIsUnknownIsNotInJSON(t *testing.T) {
	uid := uint32(0)
	for want, n := range map[string]Namespace{
		`{"type":"uts","inode":1,"own":false}`:                                    {Type: "uts", Inode: 1},
		`{"type":"user","inode":1,"own":true,"owner":2,"owner_uid":0,"parent":2}`: {Type: "user", Inode: 1, Own: true, Owner: 2, OwnerUID: &uid, Parent: 2},
	} {
		if got, err := json.Marshal(n); err != nil || string(got) != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
}
