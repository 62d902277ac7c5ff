package nested

import "testing"

// noRange has podman make a container of one id: newuidmap has no power under no_new_privs, and podman takes no other way while it
// finds subordinate ids.
var noRange = []string{"-v", "/dev/null:/etc/subuid", "-v", "/dev/null:/etc/subgid", "--tmpfs", "/sys/fs/cgroup"}

const podman = "podman --root /tmp/store --runroot /tmp/run/containers --storage-driver vfs --cgroup-manager cgroupfs --events-backend none " +
	"run --rm --network none --cgroups disabled --rootfs /mnt echo inside 2>/tmp/said || cat /tmp/said"

const bubblewrap = "bwrap --unshare-user --unshare-ipc --unshare-pid --unshare-net --unshare-uts --ro-bind / / --proc /proc --dev /dev echo inside 2>&1"

func TestBubblewrapInUrun(t *testing.T) {
	tools(t, "bwrap", func(t *testing.T, o *outer) {
		works(t, o, nil, bubblewrap)
		fails(t, o, nil, bubblewrap)
	})
}

func TestPodmanInUrun(t *testing.T) {
	tools(t, "podman", func(t *testing.T, o *outer) {
		works(t, o, noRange, podman)
		fails(t, o, noRange, podman)
	})
}

// bundle makes /tmp/b, with a container whose root is /mnt.
const bundle = `mkdir /tmp/b && cd /tmp/b && crun spec --rootless &&
	sed -i 's/"terminal": true/"terminal": false/; s#"path": "rootfs"#"path": "/mnt"#; s#^\(.*\)"sh"$#\1"echo", "inside"#' config.json && `

func TestCrunInUrun(t *testing.T) {
	tools(t, "crun", func(t *testing.T, o *outer) {
		const run = bundle + "crun --cgroup-manager disabled run a 2>/tmp/said || cat /tmp/said"
		works(t, o, []string{"--tmpfs", "/sys/fs/cgroup"}, run)
		fails(t, o, []string{"--tmpfs", "/sys/fs/cgroup"}, run)
	})
}

func works(t *testing.T, o *outer, flags []string, script string) {
	t.Helper()
	r := o.run(append([]string{"--nested"}, flags...), script)
	if !r.Lacks(t) && (r.Status != 0 || r.Stdout != "inside\n") {
		t.Errorf("exit status %d\n%s%s", r.Status, r.Stdout, r.Stderr)
	}
}

// fails fails the test if the tool works without --nested, too, or says nothing.
func fails(t *testing.T, o *outer, flags []string, script string) {
	t.Helper()
	r := o.run(flags, script)
	if !r.Lacks(t) && (r.Stdout == "inside\n" || r.Stdout+r.Stderr == "") {
		t.Errorf("without --nested: exit status %d\n%s%s", r.Status, r.Stdout, r.Stderr)
	}
}
