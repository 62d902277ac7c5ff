package hostile

import (
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// cgroups prints what a container sees of cgroups, and "written" for what it can change of them (CVE-2023-25809).
const cgroups = `cat /proc/self/cgroup
	while read -r _ where what options _; do case $what in cgroup*) echo "mount $where $options";; esac; done </proc/mounts
	for f in $(find /sys/fs/cgroup -maxdepth 4 2>/dev/null); do
		case $f in *.procs|*/tasks|*/release_agent|*/notify_on_release|*.max|*.weight) echo 0 2>/dev/null >>$f && echo "written $f";; esac
		[ -d $f ] && mkdir $f/made 2>/dev/null && echo "written $f/made"
	done; echo end`

// The container's own cgroup is the root of what it sees, and nothing of that can be changed.
func TestCgroupsOfTheHostAreOutOfReach(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h, d := kit.Home(t, userns), login(t)
		check := func(what string, r testenv.Result) {
			t.Helper()
			if r.Lacks(t) {
				return
			}
			lines := r.Lines()
			if lines[len(lines)-1] != "end" || !strings.Contains(r.Stdout, "0::/\n") {
				t.Errorf("%s: exit status %d\n%s%s", what, r.Status, r.Stdout, r.Stderr)
			}
			for _, line := range lines {
				words := strings.Fields(line)
				switch {
				case words[0] == "written":
					t.Errorf("%s: %s", what, line)
				case words[0] == "mount" && !slices.Contains(strings.Split(words[2], ","), "ro"):
					t.Errorf("%s: %s can be written", what, words[1])
				case strings.Count(line, ":") == 2 && !strings.HasSuffix(line, ":/"):
					t.Errorf("%s: it sees the host's cgroups: %s", what, line)
				}
			}
		}
		for _, mode := range []string{"--init", "--no-init", "-t"} {
			r := kit.Run(t, userns, mode, h.Rootfs, "sh", "-c", cgroups)
			r.Stdout = strings.ReplaceAll(r.Stdout, "\r", "")
			check(mode, r)
		}
		check("the host's root", d.run(t, []string{userns}, "sh", "-c", cgroups))
		h.Detach([]string{"--name", "a"}, "sleep", "1000")
		check("exec", h.Run("exec", "a", "sh", "-c", cgroups))
		h.Run("rm", "-f", "a").OK(t)
	})
}
