// Package scripts runs the .txtar files of its directory: each is a few commands as a user types them, and what they
// must print. See the script below run for what a script has beside testscript's own commands.
package scripts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/urun-project/urun/test/registry"
	"github.com/urun-project/urun/test/testenv"
)

// shared is what all scripts have in common, made once.
type shared struct {
	bin    string // a directory with urun and probe
	rootfs string // a busybox root filesystem, of which each script gets its own copy
	mounts []string
	images string // a registry on loopback, empty at first, without TLS
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

// dir is where TestMain has built what the scripts use; "" as root, who runs none.
var dir string

func run(m *testing.M) int {
	if os.Getuid() == 0 {
		return m.Run()
	}
	var err error
	if dir, err = os.MkdirTemp("", "urun-scripts"); err == nil {
		defer os.RemoveAll(dir)
		err = testenv.Build(dir+"/bin", "./cmd/urun", "./cmd/urun-image", "./test/probe")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return testenv.Tidy(m.Run)
}

func TestScriptsWithOneID(t *testing.T) {
	scripts(t, "single")
}

func TestScriptsWithTheFullRange(t *testing.T) {
	testenv.Unprivileged(t)
	if !testenv.HasRange() {
		testenv.Skip(t, "no subordinate ids, or no newuidmap")
	}
	scripts(t, "range")
}

// scripts runs every script with one of the id mappings. A script finds
//
//	$ROOTFS   a busybox root filesystem of its own, with /bin/probe
//	$USERNS   the flag that asks for the mapping: exec urun $USERNS $ROOTFS id
//	$CANARY   a tree beside the rootfs that must be as it was when the script ends
//	$ESC, $NL the character that begins what a terminal obeys, a newline
//	$XDG_RUNTIME_DIR, $XDG_STATE_HOME, $XDG_DATA_HOME of its own: $WORK/run, $WORK/state and $WORK/data
//	$REGISTRY the host and port of a registry that all scripts share
//	[single], [range], which say which mapping it is
//	status N COMMAND...   runs a command that must exit with N
//	refused N COMMAND...  the same, and it must say one line, which is urun's, and nothing else
//
// When it ends, no urun of its own may run and no mount may be left.
func scripts(t *testing.T, mapping string) {
	testenv.Unprivileged(t)
	testenv.Need(t, "busybox")
	s := shared{bin: dir + "/bin", rootfs: filepath.Join(t.TempDir(), "rootfs"), images: registry.New(t).Host}
	if err := testenv.Busybox(s.rootfs, dir+"/bin/probe"); err != nil {
		t.Fatal(err)
	}
	mounts, err := testenv.Mounts()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("all", func(t *testing.T) { // returns when the last of the parallel scripts has ended
		testscript.Run(t, testscript.Params{
			Dir:                 ".",
			RequireExplicitExec: true,
			RequireUniqueNames:  true,
			ContinueOnError:     true,
			Setup:               func(env *testscript.Env) error { return s.setup(env, mapping) },
			Condition: func(name string) (bool, error) {
				if name != "single" && name != "range" {
					return false, errors.New("no such condition: " + name)
				}
				return name == mapping, nil
			},
			Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status, "refused": refused},
		})
	})
	if err := testenv.Leaks(filepath.Join(s.bin, "urun"), mounts); err != nil {
		t.Error(err)
	}
}

func (s shared) setup(env *testscript.Env, mapping string) error {
	rootfs, canary, home, run := env.WorkDir+"/rootfs", env.WorkDir+"/canary", env.WorkDir+"/home", env.WorkDir+"/run"
	userns := map[string]string{"single": "--userns=single", "range": "--userns=auto"}[mapping]
	env.Setenv("ROOTFS", rootfs)
	env.Setenv("CANARY", canary)
	env.Setenv("HOME", home)
	env.Setenv("USERNS", userns)
	env.Setenv("ESC", "\x1b")
	env.Setenv("NL", "\n")
	env.Setenv("PATH", s.bin+":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
	env.Setenv("XDG_RUNTIME_DIR", run)
	env.Setenv("XDG_STATE_HOME", env.WorkDir+"/state")
	env.Setenv("XDG_DATA_HOME", env.WorkDir+"/data")
	env.Setenv("REGISTRY", s.images)
	if err := os.Mkdir(home, 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(run, 0o700); err != nil {
		return err
	}
	if out, err := exec.Command("cp", "-a", s.rootfs, rootfs).CombinedOutput(); err != nil {
		return fmt.Errorf("copy the rootfs: %w: %s", err, out)
	}
	if err := testenv.NewCanary(canary); err != nil {
		return err
	}
	before, err := testenv.Listing(canary)
	if err != nil {
		return err
	}
	env.Defer(func() {
		// A script that failed may leave some in the background.
		c := exec.Command(s.bin+"/urun", "rm", "--force", "--all")
		c.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+run)
		if out, err := c.CombinedOutput(); err != nil {
			env.T().Log("remove the containers: ", err, " ", string(out))
		}
		if after, err := testenv.Listing(canary); err != nil || after != before {
			env.T().Fatal("the canary was changed: ", err, "\n", after)
		}
		// What subordinate ids own, the test's user can remove only from inside the map.
		for _, tree := range []string{rootfs, env.WorkDir + "/data"} {
			if os.RemoveAll(tree) == nil {
				continue
			}
			if out, err := exec.Command(s.bin+"/urun", "unshare", "rm", "-rf", tree).CombinedOutput(); err != nil {
				env.T().Log("remove ", tree, ": ", err, " ", string(out))
			}
		}
	})
	return nil
}

// status is the command "status N COMMAND...".
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode() // -1 when a signal ended it
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// refused is the command "refused N COMMAND...".
func refused(ts *testscript.TestScript, neg bool, args []string) {
	status(ts, neg, args)
	line, more, ended := strings.Cut(ts.ReadFile("stderr"), "\n")
	if !ended || more != "" || !strings.HasPrefix(line, "urun: ") || ts.ReadFile("stdout") != "" {
		ts.Fatalf("want one line of urun's on stderr, and nothing on stdout")
	}
}
