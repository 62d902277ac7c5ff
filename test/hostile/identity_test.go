package hostile

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// identity is who a command is, for each user that it can be started as.
type identity struct{ user, uid, gid, groups, effective string }

const noCaps, defaultCaps = "0000000000000000", "00000000800405fb"

// identities are those of the full range; with one id there is the first.
func identities() []identity {
	return []identity{
		{"0", "0", "0", "", defaultCaps},
		{"root:root", "0", "0", "", defaultCaps},
		{"0:50", "0", "50", "", defaultCaps},
		{"1000", "1000", "1000", "50 77", noCaps},
		{"user", "1000", "1000", "50 77", noCaps},
		{"1000:0", "1000", "0", "", noCaps},
		{"65534", "65534", "65534", "78", noCaps},
		{"4242:4242", "4242", "4242", "", noCaps},
	}
}

// status is what a command with this identity must have: real, effective, saved and file-system ids, and no inheritable
// capability, which would come back with a file's (CVE-2022-24769).
func (i identity) status() string {
	four := func(id string) string { return id + " " + id + " " + id + " " + id }
	groups := "Groups"
	if i.groups != "" {
		groups += " " + i.groups
	}
	return "Uid " + four(i.uid) + "\nGid " + four(i.gid) + "\n" + groups + "\nCapInh " + noCaps + "\nCapPrm " + i.effective + "\nCapEff " + i.effective +
		"\nCapBnd " + defaultCaps + "\nCapAmb " + noCaps + "\nNoNewPrivs 1\n"
}

func TestWhoACommandIs(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		group, err := os.OpenFile(h.Rootfs+"/etc/group", os.O_APPEND|os.O_WRONLY, 0)
		if err == nil {
			_, err = group.WriteString("extra:x:77:user\nother:x:78:nobody,x\n")
			group.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		list := identities()
		read := []string{"probe", "status", "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs"}
		if userns == "--userns=single" {
			// setgroups(2) is denied, so the caller's groups stay: there are no ids for them.
			list, read = list[:1], slices.Delete(read, 4, 5)
		}
		h.Detach([]string{"--name", "a"}, "sleep", "1000")
		for _, i := range list {
			want := i.status()
			if userns == "--userns=single" {
				want = strings.Replace(want, "Groups\n", "", 1)
			}
			for what, r := range map[string]testenv.Result{
				"run":           kit.Run(t, append([]string{userns, "-u", i.user, h.Rootfs}, read...)...),
				"run --no-init": kit.Run(t, append([]string{userns, "--no-init", "-u", i.user, h.Rootfs}, read...)...),
				"exec":          h.Run(append([]string{"exec", "-u", i.user, "a"}, read...)...),
			} {
				if r.Stdout != want {
					t.Errorf("%s -u %s: exit status %d\n%s%swant\n%s", what, i.user, r.Status, r.Stdout, r.Stderr, want)
				}
			}
		}
		h.Run("rm", "-f", "a").OK(t)
	})
}

// The same words mean the same user in a container that runs (CVE-2024-40635).
func TestUsersOfAJoiningCommand(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		allDigits(t, h.Rootfs)
		h.Detach([]string{"--name", "a"}, "sleep", "1000")
		for _, c := range users() {
			want := c.full
			if userns == "--userns=single" {
				want = c.single
			}
			r := h.Run("exec", "--user="+c.user, "a", "sh", "-c", "echo $(id -u):$(id -g)")
			t.Run("user "+c.user, func(t *testing.T) {
				if want == refused {
					r.Refused(t, 125)
				} else if r.OK(t); r.Stdout != want+"\n" {
					t.Errorf("it runs as %q, want %q", r.Stdout, want)
				}
			})
		}
		h.Run("rm", "-f", "a").OK(t)
	})
}
