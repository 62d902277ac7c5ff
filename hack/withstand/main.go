// Command withstand tries the same attacks on urun, bubblewrap, crun and podman, and prints a table of what each of them
// withstands. hack/withstand/run prepares what it needs; `make withstand` is that.
//
// A row is an attack, a column a tool with a command line as it is used for what is not trusted; "none" is the attack
// without a tool, which shows that it works on this kernel. A cell is "holds", "open", or "-" where the attack could not
// be tried, and each is measured: the attack is run, and what it says, or what has become of files beside the root file
// system, is what counts. That the probe has run, or that the tool refuses what it starts otherwise, is part of it: an
// attack that did not take place holds nowhere.
//
// It judges nothing by its exit status, and touches nothing but a temporary directory.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

type options struct {
	urun, probe, base, only string
	verbose                 bool
	work                    string
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == "inside" {
		os.Exit(inside(os.Args[2], os.Args[3:]))
	}
	var o options
	flag.StringVar(&o.urun, "urun", "bin/urun", "the urun to try, with urun-netstack beside it")
	flag.StringVar(&o.probe, "probe", "", "the program built from test/probe")
	flag.StringVar(&o.base, "rootfs", "", "a busybox root file system")
	flag.StringVar(&o.only, "only", "", "try only attacks whose name matches this regular expression")
	flag.BoolVar(&o.verbose, "v", false, "say of each cell what was seen, on standard error")
	flag.Parse()
	if err := withstand(o); err != nil {
		fmt.Fprintln(os.Stderr, "withstand:", err)
		os.Exit(1)
	}
}

func withstand(o options) error {
	if os.Getuid() == 0 {
		return errors.New("rootless tools are tried as a normal user: make withstand makes one")
	}
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	for _, path := range []*string{&o.urun, &o.probe, &o.base} {
		if *path == "" {
			return errors.New("-urun, -probe and -rootfs say what to try; hack/withstand/run gives them")
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if o.work, err = os.MkdirTemp("", "urun-withstand"); err != nil {
		return err
	}
	defer clean(o.work)
	if err := errors.Join(adopt(), o.prepare()); err != nil {
		return err
	}
	ready, out := usable(o)
	t := table{tools: ready, out: out}
	for _, a := range attacks() {
		if !only.MatchString(a.name) {
			continue
		}
		row := row{name: a.name}
		for _, tool := range ready {
			c := try(o, tool, a)
			if len(row.cells) > 0 {
				c = c.besides(row.cells[0])
			}
			if o.verbose {
				fmt.Fprintf(os.Stderr, "%s | %s | %s: %s\n", a.name, tool.name, c.verdict, c.seen)
			}
			row.cells = append(row.cells, c)
		}
		t.rows = append(t.rows, row)
	}
	t.print(o)
	return nil
}

// prepare puts the programs where only this run uses them. The tools are copies, so that the user may write them, as what
// a user has installed for themselves; an attack that rewrites one rewrites a copy.
func (o options) prepare() error {
	if err := os.Chmod(o.work, 0o755); err != nil { // subordinate ids look into it
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	copies := map[string]string{
		"bin/urun": o.urun, "bin/urun-netstack": filepath.Join(filepath.Dir(o.urun), "urun-netstack"), "bin/probe": o.probe, "bin/withstand": self,
	}
	for _, name := range []string{"bwrap", "crun"} {
		if path, err := exec.LookPath(name); err == nil {
			copies["bin/"+name] = path
		}
	}
	if out, err := exec.Command("cp", "-a", o.base, o.work+"/rootfs").CombinedOutput(); err != nil {
		return fmt.Errorf("copy the root file system: %w: %s", err, out)
	}
	copies["rootfs/bin/probe"], copies["rootfs/bin/withstand"] = o.probe, self
	for _, dir := range []string{"bin", "home", "run"} {
		if err := os.Mkdir(filepath.Join(o.work, dir), 0o700); err != nil {
			return err
		}
	}
	for to, from := range copies {
		b, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(filepath.Join(o.work, to), b, 0o755)
		}
		if err != nil {
			return err
		}
	}
	return os.Chmod(o.work+"/bin", 0o755)
}

// clean ends what is left, such as the process of podman's, and removes what was made.
func clean(work string) {
	endLeft()
	if os.RemoveAll(work) != nil {
		_ = exec.Command("podman", "unshare", "rm", "-rf", work).Run() // files of subordinate ids
	}
	if _, err := os.Stat(work); err == nil {
		fmt.Fprintln(os.Stderr, "withstand: could not remove", work)
	}
}

// oneLine is all that was printed, for a message.
func oneLine(text string) string {
	return strings.Join(strings.Split(strings.TrimSpace(text), "\n"), "; ")
}
