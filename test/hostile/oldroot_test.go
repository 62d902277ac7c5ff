package hostile

import (
	"os"
	"strings"
	"testing"
)

// Keeps away: with --ephemeral / the host's root stayed in the container's mount namespace, beneath nothing that is seen, and
// was the root of every `urun exec`, with the caller's right to write. setns(2) begins at the top of the namespace's root.
func TestTheOldRootIsGone(t *testing.T) {
	hostRoot(t, func(t *testing.T, userns string) {
		for what, mode := range map[string][]string{
			"read-only": {"--read-only", "/"}, "ephemeral": {"--ephemeral", "/"}, "nested": {"--ephemeral", "--nested", "/"}, "a rootfs": {"--ephemeral"},
		} {
			t.Run(what, func(t *testing.T) {
				h, outside := kit.Home(t, userns), home(t)
				if mode[len(mode)-1] != "/" {
					mode = append(mode, h.Rootfs)
				}
				start := append([]string{"-d", "--name", "a", userns, "--net=none", "-w", "/"}, mode...)
				h.Run(append(start, "sleep", "1000")...).OK(t)
				for _, command := range [][]string{{"exec", "a"}, append([]string{userns, "--net=none", "-w", "/"}, mode...)} {
					r := h.Run(append(command, "sh", "-c", "cat /proc/self/mountinfo; (echo x >"+outside+"/made) 2>/dev/null; true")...)
					r.OK(t)
					roots := 0
					for line := range strings.Lines(r.Stdout) {
						if f := strings.Fields(line); f[4] == "/" {
							roots++
						}
					}
					if roots != 1 {
						t.Errorf("%s: %d mounts are at /:\n%s", command[0], roots, r.Stdout)
					}
				}
				if _, err := os.Stat(outside + "/made"); err == nil {
					t.Error("what is written inside is on the host")
				}
				h.Run("rm", "-f", "a").OK(t)
			})
		}
	})
}
