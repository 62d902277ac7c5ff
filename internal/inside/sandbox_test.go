package inside

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

// hostileJobs are what a helper would do that someone else's bytes have taken over.
var hostileJobs = map[string]Func{
	"mark": func(json.RawMessage, []*os.File) (any, error) { return nil, os.WriteFile("marked", nil, 0o600) },
	"fill": func(json.RawMessage, []*os.File) (any, error) {
		var all [][]byte
		for range 24 { // 1.5 GiB
			b := make([]byte, 64<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			all = append(all, b)
		}
		return len(all), nil
	},
	"sleep": func(json.RawMessage, []*os.File) (any, error) {
		time.Sleep(time.Hour)
		return nil, nil
	},
	"read": func(_ json.RawMessage, files []*os.File) (any, error) {
		var all []byte
		for _, f := range files {
			b, err := io.ReadAll(f)
			if err != nil {
				return nil, err
			}
			all = append(all, b...)
		}
		return string(all), nil
	},
	"escape": escape,
}

// target is what the hostile job knows of the outside.
type target struct {
	Canary string
	PID    int
}

// escape tries to get out and reports what it could do, by name; there should be nothing.
func escape(args json.RawMessage, files []*os.File) (any, error) {
	var at target
	if err := json.Unmarshal(args, &at); err != nil {
		return nil, err
	}
	done := []string{}
	try := func(what string, err error) {
		if err == nil {
			done = append(done, what)
		}
	}
	errno := func(what string, trap uintptr, a ...uintptr) {
		a = append(a, 0, 0, 0, 0, 0, 0)
		if _, _, e := syscall.Syscall6(trap, a[0], a[1], a[2], a[3], a[4], a[5]); e == 0 {
			done = append(done, what)
		}
	}
	for _, path := range []string{at.Canary, "/etc/passwd", "/proc", "/sys", "/dev/null", "/tmp", "../canary", "../../../../etc/passwd", "/proc/self/root", "/proc/1/cwd"} {
		_, err := os.Lstat(path)
		try("see "+path, err)
	}
	names, err := os.ReadDir("/")
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		if n.Name() != "program" && n.Name() != "file-of-tree" {
			done = append(done, "see /"+n.Name())
		}
	}
	tree := files[1]                                                                        // of the canary, in whose parent there is "tree"
	for _, path := range []string{"../tree", "../canary", "../usr", "../../../../../usr"} { // the canary has none of them
		_, err := unix.Openat(int(tree.Fd()), path, unix.O_PATH, 0)
		try("leave the tree by "+path, err)
	}
	fd, err := unix.Openat(int(tree.Fd()), "file", unix.O_WRONLY, 0)
	try("write in the tree that is to be read "+strconv.Itoa(fd), err)
	try("remove in that", unix.Unlinkat(int(tree.Fd()), "file", 0))
	if err := tree.Chdir(); err != nil {
		return nil, err
	}
	_, err = os.Lstat("../tree")
	try("and out of it", err)
	if err := os.Chdir("/"); err != nil {
		return nil, err
	}
	if os.Getpid() != 1 {
		done = append(done, "be in the caller's pid namespace")
	}
	try("reach the caller", unix.Kill(at.PID, 0))
	try("reach another process", unix.Kill(-1, 0))
	try("execute", unix.Exec("/program", []string{"/program"}, nil))
	_, err = syscall.ForkExec("/program", []string{"/program"}, nil)
	try("start a program", err)
	_, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	try("open a socket", err)
	_, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	try("open a unix socket", err)
	_, err = unix.MemfdCreate("x", 0)
	try("make a file in memory", err)
	try("mount", unix.Mount("none", "/", "tmpfs", 0, ""))
	try("make a namespace", unix.Unshare(unix.CLONE_NEWUSER))
	errno("make a namespace by clone", unix.SYS_CLONE, unix.CLONE_NEWUSER|uintptr(unix.SIGCHLD))
	if _, _, e := syscall.Syscall(unix.SYS_CLONE3, 0, 0, 0); e != unix.ENOSYS {
		done = append(done, "call clone3, whose flags no filter sees: "+e.Error())
	}
	try("change the root", unix.Chroot("/"))
	try("make a device", unix.Mknod("/device", unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))))
	errno("open_tree", unix.SYS_OPEN_TREE, ^uintptr(99), 0, 0)
	errno("trace", unix.SYS_PTRACE, unix.PTRACE_TRACEME)
	if n, _ := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); n != 1 {
		done = append(done, "gain privileges")
	}
	header, data := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, [2]unix.CapUserData{}
	if err := unix.Capget(&header, &data[0]); err != nil || data[0].Effective != 1<<unix.CAP_CHOWN|1<<unix.CAP_DAC_OVERRIDE|1<<unix.CAP_FOWNER|1<<unix.CAP_FSETID|1<<unix.CAP_SETFCAP || data[1].Effective != 0 {
		done = append(done, "have capabilities "+strconv.FormatUint(uint64(data[0].Effective), 16))
	}
	for i := firstFD + len(files); i < 64; i++ {
		var st unix.Statfs_t
		if unix.Fstatfs(i, &st) == nil && st.Type != unix.ANON_INODE_FS_MAGIC { // those are the Go runtime's
			done = append(done, "use descriptor "+strconv.Itoa(i))
		}
	}
	b, err := io.ReadAll(files[0])
	if err != nil || string(b) != "the blob" {
		return nil, errors.New("the blob is " + strconv.Quote(string(b)))
	}
	return done, nil
}

func TestAConfinedHelperSeesItsDirectoryAndNothingElse(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice) {
		tree, canary := victim(t)
		program, err := os.ReadFile(kit.Probe)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(tree, "program"), program, 0o755))
		must(t, os.WriteFile(filepath.Join(tree, "file-of-tree"), nil, 0o644))
		must(t, os.WriteFile(filepath.Join(filepath.Dir(tree), "blob"), []byte("the blob"), 0o600))
		blob, err := os.Open(filepath.Join(filepath.Dir(tree), "blob"))
		must(t, err)
		defer blob.Close()
		var done []string
		must(t, Run(t.Context(), Job{Name: "escape", Args: target{canary, os.Getpid()}, Root: tree, Files: []*os.File{blob}, Trees: []string{canary}}, c, &done))
		if len(done) > 0 {
			t.Errorf("it could %s", strings.Join(done, ", "))
		}
	})
}

func TestAConfinedHelperHasBoundedMemory(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice) {
		tree, _ := victim(t)
		err := Run(t.Context(), Job{Name: "fill", Root: tree}, c, nil)
		if err == nil || !strings.Contains(err.Error(), "ended without an answer") { // in what words, depends on where the Go runtime was
			t.Errorf("1.5 GiB: %v", err)
		}
	})
}

func TestAReadOnlyRootIsNotWritten(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice) {
		tree, _ := victim(t)
		err := Run(t.Context(), Job{Name: "mark", Root: tree, ReadOnly: true}, c, nil)
		if err == nil || !strings.Contains(err.Error(), "read-only") {
			t.Errorf("error %v", err)
		}
		must(t, Run(t.Context(), Job{Name: "mark", Root: tree}, c, nil))
		if _, err := os.Lstat(filepath.Join(tree, "marked")); err != nil {
			t.Error(err)
		}
	})
}

// Many files, at whatever numbers the caller has them, arrive in order.
func TestFilesArriveInOrder(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice) {
		tree, _ := victim(t)
		var files, others []*os.File
		for range 60 {
			f, err := os.Open("/dev/null")
			must(t, err)
			others = append(others, f)
		}
		for i := range 40 {
			path := filepath.Join(filepath.Dir(tree), strconv.Itoa(i))
			must(t, os.WriteFile(path, []byte(strconv.Itoa(i)+","), 0o600))
			f, err := os.Open(path)
			must(t, err)
			defer f.Close()
			files = append(files, f)
		}
		slices.Reverse(files)
		for _, f := range others { // so that what the child opens has the numbers where the files are to be
			f.Close()
		}
		var all string
		must(t, Run(t.Context(), Job{Name: "read", Root: tree, Files: files}, c, &all))
		if !strings.HasPrefix(all, "39,38,37,") || !strings.HasSuffix(all, ",2,1,0,") || len(all) != 110 {
			t.Errorf("%q", all)
		}
	})
}

func TestTheEndOfTheContextEndsTheHelper(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice) {
		tree, _ := victim(t)
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		begun := time.Now()
		if err := Run(ctx, Job{Name: "sleep", Root: tree}, c, nil); !errors.Is(err, ctx.Err()) || ctx.Err() == nil {
			t.Errorf("%v", err)
		}
		if took := time.Since(begun); took > time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

func TestARootIsACleanPath(t *testing.T) {
	testenv.Unprivileged(t)
	for _, job := range []Job{{Root: "relative"}, {Root: "/"}, {Root: "/tmp/../tmp"}, {Root: "/tmp/"}, {Trees: []string{"/tmp"}}, {Root: "/tmp", Trees: []string{"x"}}} {
		if err := run(job, ids(t, userns.Single)); err == nil || !strings.Contains(err.Error(), "confined") && !strings.Contains(err.Error(), "absolute, clean path") {
			t.Errorf("%+v: %v", job, err)
		}
	}
}
