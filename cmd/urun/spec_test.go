package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/ocispec"
)

var update = flag.Bool("update", false, "write what is made to testdata instead of comparing it")

// The lines are what users write; the files are all that becomes of them, with the ids of a user 1000 put in.
func TestCommandLinesBecomeSpecifications(t *testing.T) {
	one := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}}
	full := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 65536}}
	keep := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 1000}, {ContainerID: 1000, HostID: 1000, Size: 1}, {ContainerID: 1001, HostID: 101000, Size: 64536}}
	root := specs.User{}
	me := specs.User{UID: 1000, GID: 1000}

	for _, tt := range []struct {
		name string
		args []string
		maps []specs.LinuxIDMapping
		user specs.User
		tty  bool
	}{
		{"shell", []string{"./rootfs"}, full, root, true},
		{"command", []string{"./rootfs", "sh", "-c", "id"}, full, root, false},
		{"one-id", []string{"--userns=single", "./rootfs", "true"}, one, root, false},
		{"keep-id", []string{"--userns", "keep-id", "./rootfs", "id"}, keep, me, false},
		{"user", []string{"-u", "1000:1000", "--cap-add", "net_raw", "./rootfs", "id"}, full, me, false},
		{"volumes", []string{"-v", "./src:/src:ro", "-v", "/data/deep/er:/a/b/c", "-v", "/data:/a", "-v", "/opt/tool:noexec", "--tmpfs", "/tmp:size=16m,mode=1777,exec",
			"--mount", "type=bind,src=/with:colon,dst=/colon,ro", "--device", "/dev/fuse", "--shm-size", "1g", "./rootfs", "ls"}, full, root, false},
		{"proc-replaced", []string{"-v", "/srv/proc:/proc", "--tmpfs", "/dev/shm", "./rootfs", "ls"}, full, root, false},
		{"host-namespaces", []string{"--net=host", "--pid", "host", "--ipc", "host", "--uts", "host", "./rootfs", "ps"}, full, root, false},
		{"host-root", []string{"--read-only", "-v", "/home/me/project", "/", "make", "test"}, keep, me, false},
		{"host-root-ephemeral", []string{"--ephemeral", "/"}, keep, me, true},
		{"caps-and-privileges", []string{"--cap-drop=ALL", "--cap-add=CAP_CHOWN", "--security-opt", "no-new-privileges=false", "./rootfs", "su"}, full, root, false},
		{"surroundings", []string{"-e", "A=1", "-e", "LANG", "-e", "NOTHING", "-e", "PATH=/bin", "--name", "web_1", "--hostname", "web", "--no-init",
			"--ulimit", "nofile=1024:2048", "--ulimit", "core=0", "--sysctl", "net.ipv4.ip_unprivileged_port_start=0", "-w", "/srv", "--entrypoint", "/bin/env", "-it", "./rootfs", "x"}, full, root, false},
		{"network", []string{"--net", "slirp4netns:mtu=1500,host-loopback", "-p", "8080:80", "-P", "--expose", "53/udp", "--dns", "192.0.2.1", "--dns-search=example.org", "--dns-opt", "ndots:2",
			"--add-host", "db:192.0.2.7", "./rootfs", "httpd"}, full, root, false},
		{"network-of-another", []string{"--network=container:web", "--hostname", "box", "./rootfs", "ip", "addr"}, full, root, false},
		{"overlay", []string{"--overlay", "changes", "--uidmap", "0:1000:1", "./rootfs", "touch", "/x"}, one, root, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parse(tt.args)
			if err != nil {
				t.Fatal(err)
			}
			run := c.(*runCmd)
			spec, extra, err := ocispec.FromFlags(run.flags(), ocispec.Invocation{
				ID: "0123456789abcdef0123", Rootfs: run.Rootfs, Command: run.Command, Cwd: "/home/me/project", TerminalIn: tt.tty, TerminalOut: tt.tty, NetworkOf: func(string) (int, error) { return 4711, nil },
				Environ: []string{"HOME=/home/me", "LANG=C.UTF-8", "TERM=foot", "PATH=/usr/bin", "SSH_AUTH_SOCK=/tmp/a", "DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus", "XDG_RUNTIME_DIR=/srv/run/1000"},
			})
			if err != nil {
				t.Fatal(err)
			}
			facts := ocispec.Facts{UIDMappings: tt.maps, GIDMappings: tt.maps, User: tt.user, Home: "/root", Shell: "/bin/ash", Extra: extra}
			if err := ocispec.Finalize(spec, facts); err != nil {
				t.Fatal(err)
			}
			golden(t, tt.name, struct {
				Spec  *specs.Spec
				Extra *ocispec.Extra
			}{spec, extra})
		})
	}
}

func golden(t *testing.T, name string, value any) {
	t.Helper()
	got, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	file := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; -update writes it. Now:\n%s", file, got)
	}
}
