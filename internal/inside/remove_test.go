package inside

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/removal"
	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

// victim makes an empty tree that is to be removed, and a canary beside it.
func victim(t *testing.T) (tree, canary string) {
	t.Helper()
	tree = filepath.Join(kit.Dir(t), "tree")
	must(t, os.Mkdir(tree, 0o755))
	return tree, testenv.Canary(t, tree)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func removed(t *testing.T, c userns.Choice, tree string) {
	t.Helper()
	must(t, Remove(tree, c))
	if _, err := os.Lstat(tree); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", tree, err)
	}
}

func TestRemoveFollowsNoLink(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice) {
		tree, canary := victim(t)
		for name, target := range map[string]string{
			"absolute": canary, "relative": "../canary", "slash": canary + "/", "file": canary + "/file", "up": "..", "root": "/", "self": ".",
			"dangling": "/nowhere", "magic": "/proc/self/cwd", "descriptor": "/proc/self/fd/0",
		} {
			must(t, os.Symlink(target, filepath.Join(tree, name)))
		}
		must(t, os.Link(filepath.Join(canary, "file"), filepath.Join(tree, "hard")))
		must(t, unix.Mkfifo(filepath.Join(tree, "fifo"), 0o600))
		removed(t, c, tree)

		link := tree + "-link"
		must(t, os.Symlink(canary, link))
		removed(t, c, link)
		must(t, Remove(tree, c)) // is no longer there
	})
}

func TestRemoveTakesEveryNameAndMode(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice) {
		tree, _ := victim(t)
		for _, name := range []string{"a\nb", " ", "-rf", "\xff\xfe", strings.Repeat("n", 255), "emoji \U0001F980", `"quoted"`, "..."} {
			must(t, os.MkdirAll(filepath.Join(tree, name, "below"), 0o755))
			must(t, os.WriteFile(filepath.Join(tree, name, "below", name), nil, 0))
		}
		for _, dir := range []string{"a\nb/below", "a\nb", "\xff\xfe", ""} {
			must(t, os.Chmod(filepath.Join(tree, dir), 0))
		}
		removed(t, c, tree)

		odd := filepath.Join(filepath.Dir(tree), "\xff\n")
		must(t, os.Mkdir(odd, 0))
		removed(t, c, odd)
	})
}

func TestRemoveTakesFilesOfSubordinateIDs(t *testing.T) {
	testenv.Unprivileged(t)
	if !testenv.HasRange() {
		testenv.Skip(t, "no subordinate ids, or no newuidmap")
	}
	tree, _ := victim(t)
	r := testenv.Finish(t, exec.Command(kit.Urun, "unshare", "sh", "-c",
		`cd "$1" && mkdir -p theirs/deep && touch theirs/file theirs/deep/file && chown -R 5:7 theirs && chmod 0 theirs/deep theirs`, "sh", tree))
	r.OK(t)
	// With one id nobody has power over them, and nothing outside may be lost for it.
	err := Remove(tree, ids(t, userns.Single))
	if err == nil || !strings.Contains(err.Error(), "theirs") {
		t.Errorf("with one id: %v", err)
	}
	removed(t, ids(t, userns.Auto), tree)
}

// 10,000 files, and directories 1,000 levels deep: more than there are descriptors, and longer than PATH_MAX.
func TestRemoveTakesLargeAndDeepTrees(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice) {
		tree, _ := victim(t)
		at, err := unix.Open(tree, unix.O_PATH, 0)
		must(t, err)
		for level := range 1000 {
			if level%20 == 0 { // some file systems take long to make a file far below
				must(t, unix.Mknodat(at, "file", unix.S_IFREG|0o600, 0))
			}
			name := strings.Repeat("d", 100) + strconv.Itoa(level)
			must(t, unix.Mkdirat(at, name, 0o700))
			down, err := unix.Openat(at, name, unix.O_PATH, 0)
			must(t, err)
			unix.Close(at)
			at = down
		}
		unix.Close(at)
		for i := range 10000 {
			must(t, os.WriteFile(filepath.Join(tree, "wide"+strconv.Itoa(i)), nil, 0o600))
		}
		var old unix.Rlimit
		must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &old))
		must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 512, Max: old.Max}))
		defer func() { must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &old)) }()
		removed(t, c, tree)
	})
}

// In a mount namespace of its own, for which the test starts itself again.
func TestRemoveCrossesNoMount(t *testing.T) {
	const there = "URUN_TEST_REMOVE_IN_MOUNT_NAMESPACE"
	if tree := os.Getenv(there); tree != "" {
		err := removal.Path(tree)
		t.Logf("answer: %v", err)
		for _, name := range []string{"memory/kept", "a/bound/file", "a/file"} {
			if _, err := os.Lstat(filepath.Join(tree, name)); err != nil {
				t.Error(err)
			}
		}
		if err == nil || !strings.Contains(err.Error(), "mounted") {
			t.Errorf("error %v does not say that something is mounted", err)
		}
		if _, err := os.Lstat(filepath.Join(tree, "a/other")); !os.IsNotExist(err) {
			t.Errorf("what is not mounted is still there: %v", err)
		}
		return
	}
	testenv.Unprivileged(t)
	testenv.Need(t, "unshare")
	tree, canary := victim(t)
	must(t, os.MkdirAll(filepath.Join(tree, "a/bound"), 0o755))
	must(t, os.Mkdir(filepath.Join(tree, "memory"), 0o755))
	must(t, os.WriteFile(filepath.Join(tree, "a/file"), nil, 0o644))
	must(t, os.WriteFile(filepath.Join(tree, "a/other"), nil, 0o644))
	exe, err := os.Executable()
	must(t, err)
	c := exec.Command("unshare", "-Ur", "-m", "sh", "-ec", `cd "$1"; mount -t tmpfs tmpfs memory; touch memory/kept
		mount --bind "$2" a/bound; mount --bind "$2/file" a/file; shift 2; exec "$@"`, "sh", tree, canary, exe, "-test.run=^TestRemoveCrossesNoMount$", "-test.v")
	c.Env = append(os.Environ(), there+"="+tree)
	r := testenv.Finish(t, c)
	if r.Status != 0 || !strings.Contains(r.Stdout, "answer: ") {
		t.Errorf("status %d\n%s%s", r.Status, r.Stdout, r.Stderr)
	}
}

func TestRemoveWantsAName(t *testing.T) {
	for _, path := range []string{"", "x", "./x", "/", "/tmp/", "/tmp/.", "/tmp/..", "//"} {
		if err := removal.Path(path); err == nil || !strings.Contains(err.Error(), strconv.Quote(path)) {
			t.Errorf("remove %q: %v", path, err)
		}
	}
	if err := removal.Path("/nowhere/at/all"); err == nil {
		t.Error("a directory that is not there: no error")
	}
}

// Whoever owns the tree may exchange a directory for a link while it is removed.
func TestRemoveIsNotLedAstrayByAnExchange(t *testing.T) {
	testenv.Unprivileged(t)
	tree, _ := victim(t)
	const canary = "../canary" // from where it is to be followed
	swap, link, fresh := filepath.Join(tree, "swap"), tree+"-link", tree+"-new"
	must(t, os.Symlink(canary, link))
	must(t, os.MkdirAll(filepath.Join(swap, "below"), 0o755))
	stop, stopped, exchanges := make(chan bool), make(chan bool), 0
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				if unix.Renameat2(unix.AT_FDCWD, swap, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE) == nil {
					exchanges++
				}
			}
		}
	}()
	for range 5000 {
		_ = removal.Path(swap) // which of the two goes, or neither, is not the question
		// With one of them gone the exchange fails, and what is gone can be made again.
		if _, err := os.Lstat(swap); !os.IsNotExist(err) {
			continue
		}
		if to, _ := os.Readlink(link); to != "" {
			must(t, os.MkdirAll(filepath.Join(fresh, "below"), 0o755))
			must(t, os.Rename(fresh, swap))
		} else {
			must(t, os.Symlink(canary, swap))
		}
	}
	close(stop)
	<-stopped
	if exchanges < 100 {
		t.Errorf("%d exchanges, which are too few", exchanges)
	}
}
