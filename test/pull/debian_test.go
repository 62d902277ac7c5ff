package pull

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// withDebian pulls a distribution with python. Making it takes some time, once: it is kept below build.
func withDebian(p *place) {
	p.Helper()
	testenv.Need(p, "mmdebstrap", "dpkg-deb")
	dir := filepath.Join(testenv.Root(), "build/test-pull/debian")
	out, err := exec.Command("./debian", dir).CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 77 {
		testenv.Skip(p, string(out))
	}
	if err != nil {
		p.Fatalf("make Debian: %v\n%s", err, out)
	}
	p.tool("skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", "oci:"+dir+":1", "docker://"+p.ref("debian"))
	p.pulled("debian")
}

// served builds a package with a user of its own, a file of a user that Debian has, and a directory that its script gives away.
func (p *place) served() (dir string) {
	p.Helper()
	dir = kit.Dir(p)
	for path, text := range map[string]string{
		"DEBIAN/control":   "Package: served\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: a test\nDepends: adduser\n",
		"DEBIAN/postinst":  "#!/bin/sh\nset -e\nadduser --system --group --no-create-home --home /var/lib/served served\nchown -R served:served /var/lib/served\nchmod 2750 /var/lib/served\n",
		"var/lib/served/a": "a\n", "usr/bin/served": "#!/usr/bin/python3\nimport os\nprint('served by', os.getuid() != 0)\n",
	} {
		file := filepath.Join(dir, "p", path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			p.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			p.Fatal(err)
		}
	}
	p.tool("dpkg-deb", "--root-owner-group", "-b", dir+"/p", dir+"/served.deb")
	return dir
}

const install = `apt-get install -y -qq -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Use-Pty=0 /deb/served.deb >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }; `

// A distribution as people use one, from one store with each kind of ids: what is missing for other ids is unpacked once, from what
// was fetched for the first.
func TestDebian(t *testing.T) {
	p := here(t, full)
	withDebian(p)
	deb := p.served()
	aptInstalls(p, deb)
	p.under(single)
	withOneID(p, deb)
	p.under(keepID)
	aptInstalls(p, deb, "--user=0")
	withTheCallersID(p)
}

// The package manager adds a user, gives files away and runs scripts.
func aptInstalls(p *place, deb string, flags ...string) {
	p.Helper()
	got := p.inside(append([]string{"-v", deb + ":/deb:ro"}, flags...), "sh", "-euc", install+
		`stat -c '%U:%G %a' /var/lib/served /var/lib/served/a /usr/bin/passwd /var/mail; dpkg --audit; su -s /bin/sh -c served served`)
	want := "served:served 2750\nserved:served 755\nroot:root 4755\nroot:mail 2775\nserved by True"
	if got != want {
		p.Errorf("with %s it prints\n%s\nwant\n%s", p.Userns, got, want)
	}
	// Nothing of it is in the image.
	if got := p.inside(flags, "sh", "-c", "ls /var/lib | grep -c served; dpkg-query -W served 2>&1 | grep -c 'no packages'"); got != "0\n1" {
		p.Errorf("with %s the image says afterwards %q", p.Userns, got)
	}
}

// Files have the one owner that there is, and what needs no other id works.
func withOneID(p *place, deb string) {
	p.Helper()
	p.prints("0 0 root", "sh", "-c", "echo $(id -u) $(stat -c %u /var/mail) $(id -un)")
	p.prints("ok True", "python3", "-c", "import os, subprocess; subprocess.check_call(['true']); print('ok', len(os.listdir('/proc/self/fd')) > 2)")
	got := p.inside([]string{"-v", deb + ":/deb:ro"}, "sh", "-euc", `dpkg-deb -x /deb/served.deb / && /usr/bin/served && cat /var/lib/served/a`)
	if got != "served by False\na" {
		p.Errorf("with one id it prints %q", got)
	}
	r := p.Run(p.Args(nil, "chown", "mail", "/var/mail")...)
	if r.Status != 1 || !strings.Contains(r.Stderr, "Invalid argument") {
		p.Errorf("with one id chown ends with %d, %q", r.Status, r.Stderr)
	}
}

// The caller finds the id it has outside, and the image's files belong to root as ever.
func withTheCallersID(p *place) {
	p.Helper()
	want := fmt.Sprintf("%d %d\n0 0\n0 8\nok", os.Getuid(), os.Getgid())
	p.prints(want, "sh", "-euc", `echo $(id -u) $(id -g); stat -c '%u %g' /usr/bin/passwd /var/mail; touch /tmp/mine; test -O /tmp/mine; ! touch /usr/bin/new 2>/dev/null; python3 -c 'print("ok")'`)
}
