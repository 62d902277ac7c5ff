package nested

import (
	"strings"
	"testing"
)

func TestUrunInUrun(t *testing.T) {
	everywhere(t, func(t *testing.T, o *outer) {
		for _, tt := range []struct{ what, script, want string }{
			{"a command", "/media/urun -q --net none /mnt echo inside", "inside\n"},
			{"its exit status", "/media/urun -q --net none /mnt sh -c 'exit 7'; echo $?", "7\n"},
			{"the outer container's root", "/media/urun -q --net none -w / / sh -c 'echo $container'", "urun\n"},
			{"a volume", "mkdir /tmp/v; /media/urun -q --net none -v /tmp/v:/home /mnt sh -c 'echo x >/home/made'; cat /tmp/v/made", "x\n"},
			{"a read-only root", "/media/urun -q --net none --read-only /mnt sh -c '(echo x >/made) 2>/dev/null || echo refused'", "refused\n"},
			{"processes of its own", "/media/urun -q --net none /mnt sh -c 'echo /proc/[0-9]*'", "/proc/1 /proc/2\n"},
			{"a further command", "/media/urun -q -d --name in --net none /mnt sleep 1000 >/dev/null && /media/urun exec in echo entered; /media/urun rm -f in", "entered\nin\n"},
			{"two levels", "/media/urun -q --nested --net none -v /media:/media /mnt /media/urun -q --net none -w / / echo deep", "deep\n"},
			{"three levels with a /proc each", "/media/urun -q --nested --net none -v /media:/media /mnt /media/urun -q --nested --net none -w / / /media/urun --net none -q -w / / sh -c 'echo /proc/[0-9]*'", "/proc/1 /proc/2\n"},
		} {
			r := o.run([]string{"--nested"}, tt.script)
			if r.Lacks(t) {
				return
			}
			if r.Status != 0 || r.Stdout != tt.want || r.Stderr != "" {
				t.Errorf("%s: exit status %d\n%s%s", tt.what, r.Status, r.Stdout, r.Stderr)
			}
		}
	})
}

// Without --nested a urun inside names the cause, and who can help.
func TestUrunInUrunIsRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, o *outer) {
		for _, command := range []string{"/media/urun -q --net none /mnt true", "/media/urun unshare true"} {
			o.run(nil, command).Refused(t, 125, "seccomp filter", "urun container", "--nested")
		}
	})
}

// What is mounted inside stays inside.
func TestMountsStayInside(t *testing.T) {
	everywhere(t, func(t *testing.T, o *outer) {
		r := o.run([]string{"--nested"}, "cat /proc/self/mountinfo >/tmp/before; /media/urun -q --net none --tmpfs /home /mnt true; cat /proc/self/mountinfo >/tmp/after; cmp /tmp/before /tmp/after && echo same")
		r.OK(t)
		if r.Stdout != "same\n" {
			t.Errorf("%s", r.Stdout)
		}
	})
}

// A container without a cgroup of its own could write the caller's from a cgroup namespace below its own. So it can make none,
// although /proc/sys is not read-only with --nested.
func TestNoCgroupNamespaceCanBeMade(t *testing.T) {
	everywhere(t, func(t *testing.T, o *outer) {
		const write = "/mnt/bin/probe write /proc/sys/user/max_cgroup_namespaces 9"
		r := o.run([]string{"--nested"}, "cat /proc/sys/user/max_cgroup_namespaces; "+write+"; /mnt/bin/probe lift cgroup.kill 1; "+
			"/media/urun unshare "+write+"; /mnt/bin/probe lift cgroup.kill 1; cat /proc/sys/user/max_cgroup_namespaces")
		if r.Lacks(t) {
			return
		}
		lines := r.Lines()
		if lines[0] != "0" || lines[1] != "EACCES" || lines[len(lines)-1] != "0" || strings.Count(r.Stdout, "ENOSPC") != 2 {
			t.Errorf("exit status %d\n%s%s", r.Status, r.Stdout, r.Stderr)
		}
		o.run([]string{"--nested", "--cap-add=SYS_RESOURCE", "--cgroup=none"}, "true").Refused(t, 125, "CAP_SYS_RESOURCE", "--pids-limit")
	})
}
