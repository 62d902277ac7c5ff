package container

import (
	"strconv"
	"strings"
	"syscall"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/mount"
)

// failed is a step that has failed in a container and on a host of the test's, and the beginning of its hint.
type failed struct {
	trap  uintptr
	errno syscall.Errno
	why   string
	is    trait
	hint  string
}

// failures have one for each row of hints, in the order of the rows.
var failures = []failed{
	{0, mount.Changed, "it is the file that was looked at before the start", compares, "the rootfs or a volume was replaced"},
	{unix.SYS_OPENAT2, unix.ENOENT, "working directory /srv", goesToCwd | opensCwd | hidesCwd, "--deny hides it"},
	{unix.SYS_OPENAT2, unix.ENOENT, "working directory /srv", goesToCwd | opensCwd | rootOfHost, "with / as rootfs"},
	{unix.SYS_OPENAT2, unix.ENOENT, "working directory /srv", goesToCwd | opensCwd, "make the directory in the rootfs"},
	{unix.SYS_OPENAT2, unix.ENOTDIR, "working directory /srv", goesToCwd | opensCwd, "it is a file"},
	{unix.SYS_OPENAT2, unix.EACCES, "working directory /srv", goesToCwd | opensCwd, "this user may not go there"},
	{unix.SYS_FCHDIR, unix.EACCES, "enter working directory /srv", goesToCwd, "this user may not enter"},
	{0, unix.EXDEV, `a directory outside would be "(unreachable)"`, compares, "the working directory leads out"},
	{unix.SYS_OPENAT2, unix.ENOSYS, "mount point /proc", 0, "this kernel is Linux 5.10.0-32-amd64, and urun needs 5.12 or newer"},
	{unix.SYS_FSOPEN, unix.ENODEV, "an overlay over the rootfs", 0, "this kernel has no such file system"},
	{0, unix.ENODEV, "a terminal comes from a devpts only", compares, "what lies at /dev/pts"},
	{0, unix.EROFS, "writes to the root have a place", compares, "the files in the directory for what is written belong to ids"},
	{0, unix.ENOSPC, "writes to the root have a place", compares, "overlay could not make its work directory"},
	{unix.SYS_MKNODAT, unix.EACCES, "make the mount point", makesPoint, "the mount point is missing and cannot be made"},
	{unix.SYS_MKDIRAT, unix.EROFS, "make the mount point", makesPoint, "the mount point is missing, and its file system"},
	{unix.SYS_MKDIRAT, unix.ENOTDIR, "make the mount point", makesPoint, "the mount point is missing and cannot be made there"},
	{unix.SYS_MKNODAT, unix.ENOSPC, "make the mount point", makesPoint, "make room in that file system"},
	{unix.SYS_MKDIRAT, unix.EDQUOT, "make the mount point", makesPoint, "remove something of yours"},
	{unix.SYS_OPENAT2, unix.ELOOP, "mount point /proc", 0, "a symbolic link is in the way"},
	{unix.SYS_OPENAT2, unix.ENOTDIR, "mount point /data", 0, "what the rootfs has there is no directory"},
	{unix.SYS_OPENAT2, unix.ENOENT, "mount point /data", 0, "it does not exist"},
	{unix.SYS_OPENAT2, unix.EACCES, "mount point /data", 0, "the rootfs has it under permissions"},
	{unix.SYS_MOUNT_SETATTR, unix.EPERM, "its options, on what is mounted below it too", 0, "an option of the host's mount"},
	{unix.SYS_OPEN_TREE, unix.EINVAL, "a copy of the mounts at the volume's source", 0, "mounts below it belong to the host"},
	{unix.SYS_MOVE_MOUNT, unix.ENOSPC, "mount at /data", 0, "the mount namespace is full"},
	{unix.SYS_MOVE_MOUNT, unix.ENOTDIR, "mount at /data", 0, "a directory can be mounted only on a directory"},
	{unix.SYS_FSCONFIG, unix.EACCES, "make the overlay", 0, "a layer of the overlay"},
	{unix.SYS_FSCONFIG, unix.EINVAL, "an empty file system in memory for /x", setsID, "the id must be one that exists"},
	{unix.SYS_PIVOT_ROOT, unix.EINVAL, "the container's root becomes the root", 0, "where the machine runs from its initramfs"},
	{unix.SYS_UNSHARE, unix.ENOSPC, "the container sees its own cgroup as the root", 0, "no more cgroup namespaces"},
	{unix.SYS_SETNS, unix.EPERM, "it is the container's too", 0, "only who has capabilities"},
	{unix.SYS_KEYCTL, unix.EDQUOT, "no more keys are allowed: one that this user's containers share", 0, "your quota of kernel keys"},
	{unix.SYS_SETRESUID, unix.EINVAL, "the container's user", 0, "the id must be one that exists"},
	{unix.SYS_EXECVEAT, unix.EAGAIN, "the process becomes the sealed init", 0, "the limit on processes is reached"},
	{unix.SYS_SETGROUPS, unix.EPERM, "the container's groups instead of the caller's", 0, "supplementary groups cannot be set here"},
	{unix.SYS_PRLIMIT64, unix.EPERM, "the limit nofile", 0, "a hard limit can only be lowered"},
	{unix.SYS_WRITE, unix.EINVAL, "write sysctl net.core.somaxconn=x", 0, "the kernel takes no such value"},
	{unix.SYS_EXECVEAT, unix.E2BIG, "the process becomes the sealed init", 0, "arguments and environment are too long"},
	{unix.SYS_EXECVEAT, unix.EACCES, "the process becomes the sealed init", 0, "the sysctl vm.memfd_noexec"},
	{unix.SYS_MOUNT, unix.EACCES, "mounts of the container do not show outside", appArmor, "AppArmor takes every capability"},
	{unix.SYS_OPENAT, unix.EMFILE, "a namespace that exists", 0, "raise urun's limit"},
	{unix.SYS_OPENAT, unix.ENFILE, "a namespace that exists", 0, "the limit is the whole machine's"},
	{unix.SYS_FSMOUNT, unix.ENOMEM, "an empty file system in memory for /x", 0, "it is the machine's"},
	{unix.SYS_OPENAT, unix.ESTALE, "the rootfs", 0, "the server of a network"},
	{unix.SYS_OPENAT, unix.EIO, "the rootfs", 0, "the disk or what stands for one"},
}

func (f failed) fault() fault {
	x := fault{what: f.why, trap: f.trap, errno: f.errno, traits: f.is &^ appArmor}
	if f.is&makesPoint != 0 {
		x.what, x.link = `make the mount point "/etc/hosts"`, `"/etc" of the rootfs is a link to "/proc"`
	}
	return x
}

func (f failed) host() host { return host{release: "5.10.0-32-amd64", traits: f.is & appArmor} }

func TestEveryHintIsGivenWhereItHelps(t *testing.T) {
	if len(failures) != len(hints) {
		t.Fatalf("%d failures for %d hints", len(failures), len(hints))
	}
	for i, f := range failures {
		got, whole := f.fault().hint(f.host())
		got = strings.TrimPrefix(got, `"/etc" of the rootfs is a link to "/proc"; `)
		if whole != (f.is&compares != 0) {
			t.Errorf("%s: the hint is the whole message: %v", f.why, whole)
		}
		if !strings.HasPrefix(got, f.hint) || !hints[i].fits(fault{trap: f.trap, errno: f.errno, traits: f.is}) {
			t.Errorf("%s, %v, %v: %q; row %d should begin %q", f.why, f.errno, f.is, got, i, f.hint)
		}
	}
}

// What an earlier row covers wholly nobody would ever read.
func TestNoHintHidesAnother(t *testing.T) {
	for i, row := range hints {
		for j, earlier := range hints[:i] {
			if covers(earlier, row) {
				t.Errorf("row %d, %q, is hidden by row %d, %q", i, row.says, j, earlier.says)
			}
		}
	}
}

func covers(a, b hint) bool {
	return subset(b.traps, a.traps) && subset(b.errnos, a.errnos) && a.traits&^b.traits == 0
}

// subset tells whether all of list are in of, where none stands for all there are.
func subset[T comparable](list, of []T) bool {
	if len(of) == 0 {
		return true
	}
	for _, one := range list {
		found := false
		for _, other := range of {
			found = found || one == other
		}
		if !found {
			return false
		}
	}
	return len(list) > 0
}

func TestAHintHiddenByAnotherIsFound(t *testing.T) {
	general, special := hint{nil, errnos(unix.EPERM), 0, ""}, hint{traps(unix.SYS_MOUNT), errnos(unix.EPERM), rootOfHost, ""}
	if !covers(general, special) || covers(special, general) || covers(hint{nil, errnos(unix.EACCES), 0, ""}, special) || covers(special, hint{nil, nil, rootOfHost, ""}) {
		t.Error("which rows cover which others is not told")
	}
}

// What a launch knows of its steps is what the rows ask for.
func TestAStepIsSeenInTheLightOfItsLaunch(t *testing.T) {
	p := new(forkexec.Program)
	tree := mount.NewTree(p)
	tree.Root, tree.Create = 3, true
	tree.Ensure("/etc/hosts", false, true)
	at := 0
	for i := range p.Steps() {
		if tree.Makes(forkexec.Ref(i)) && tree.Point(forkexec.Ref(i)) == "/etc/hosts" {
			at = i
		}
	}
	l := &launch{spec: &specs.Spec{Process: &specs.Process{Cwd: "/srv"}}, tree: tree, at: barriers{cwd: 1000}, root: mount.Root{Host: true}, hidden: []mount.Denied{{Dest: "/srv"}}}
	l.rootfs.Path = t.TempDir()
	if err := unix.Symlink("/proc", l.rootfs.Path+"/etc"); err != nil {
		t.Fatal(err)
	}
	check := len(p.Steps())
	p.Check("why", p.Data(make([]byte, 8)), 0, 1, 1, unix.EXDEV)
	step := func(i int, trap uintptr, call string) fault {
		s := forkexec.Step{Why: "why", Trap: trap}
		if i < len(p.Steps()) {
			s = p.Steps()[i]
		}
		return l.fault(&forkexec.StepError{Index: i, Step: s, Call: call, Errno: unix.EPERM})
	}
	for name, tt := range map[string]struct {
		got  fault
		want trait
	}{
		"a comparison":     {step(check, 0, ""), rootOfHost | hidesCwd | compares},
		"opening the cwd":  {step(1000, unix.SYS_OPENAT2, ""), rootOfHost | hidesCwd | opensCwd | goesToCwd},
		"entering the cwd": {step(1001, unix.SYS_FCHDIR, ""), rootOfHost | hidesCwd | goesToCwd},
		"the owner":        {step(5000, unix.SYS_FSCONFIG, `fsconfig($28, FSCONFIG_SET_STRING, "gid", "5", 0)`), rootOfHost | hidesCwd | setsID},
		"a mode":           {step(5000, unix.SYS_FSCONFIG, `fsconfig($28, FSCONFIG_SET_STRING, "mode", "5", 0)`), rootOfHost | hidesCwd},
		"a mount point":    {step(at, unix.SYS_MKNODAT, ""), rootOfHost | hidesCwd | makesPoint},
	} {
		if tt.got.traits != tt.want || tt.got.errno != unix.EPERM {
			t.Errorf("%s: %s; want %s", name, tt.got.traits, tt.want)
		}
	}
	if f := step(at, unix.SYS_MKNODAT, ""); f.what != `make the mount point "/etc/hosts"` || f.link != `"/etc" of the rootfs is a link to "/proc"` {
		t.Errorf("%s; %s", f.what, f.link)
	}
	l.at, l.root, l.hidden = barriers{}, mount.Root{}, nil
	if f := step(0, 0, ""); f.traits != 0 {
		t.Errorf("without a working directory of its own: %s", f.traits)
	}
	if trait(1<<len(traitNames)-1).String() == "" || len(strings.Split((trait(1<<len(traitNames)-1)).String(), ", ")) != len(traitNames) || trait(1<<len(traitNames)) <= appArmor {
		t.Error("not every trait has a name: " + strconv.Itoa(len(traitNames)))
	}
}
