package container

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/userns"
)

// listing is a program as --explain=json has it.
type listing []forkexec.StepJSON

// all are the steps with this call whose arguments begin with these; an argument "" is any.
func (l listing) all(call string, args ...string) (at []int) {
	for i, s := range l {
		if s.Call == call && matches(s.Args, args) {
			at = append(at, i)
		}
	}
	return at
}

func matches(have, want []string) bool {
	for i, w := range want {
		if w != "" && (i >= len(have) || have[i] != w) {
			return false
		}
	}
	return true
}

// mounts are the steps that change what is mounted, or where.
func (l listing) mounts() (at []int) {
	for _, call := range []string{"mount", "move_mount", "fsmount", "mount_setattr", "pivot_root", "umount2"} {
		at = append(at, l.all(call)...)
	}
	slices.Sort(at)
	return at
}

// resolves are where a path of the rootfs is looked up.
func (l listing) resolves() (at []int) { return l.all("openat2") }

// waits are the barriers of that name.
func (l listing) waits(name string) (at []int) {
	for _, i := range l.all("wait") {
		if strings.HasPrefix(l[i].Why, name+": ") {
			at = append(at, i)
		}
	}
	return at
}

// order fails the test unless every step of before comes before every step of after.
func (l listing) order(t *testing.T, why string, before, after []int) {
	t.Helper()
	if len(before) == 0 || len(after) == 0 {
		return
	}
	if b, a := slices.Max(before), slices.Min(after); b >= a {
		t.Errorf("%s: step %d %s %v comes before step %d %s %v", why, a, l[a].Call, l[a].Args, b, l[b].Call, l[b].Args)
	}
}

// some fails the test if there is no such step, so that an order is never kept for want of steps.
func (l listing) some(t *testing.T, what string, at []int) []int {
	t.Helper()
	if len(at) == 0 {
		t.Errorf("there is no %s", what)
	}
	return at
}

// orders are what must hold in every program, each with what goes wrong without.
var orders = []struct {
	name  string
	check func(*testing.T, *launch, listing)
}{
	{"the ids are there before a file is made or a mount attached", func(t *testing.T, l *launch, p listing) {
		if !l.owns(specs.UserNamespace) {
			return
		}
		mapped := p.some(t, "wait for the maps", p.all("wait"))[:1]
		var late []int
		for _, call := range []string{"move_mount", "fsopen", "mkdirat", "mknodat", "symlinkat", "openat2"} {
			late = append(late, p.all(call)...)
		}
		p.order(t, "EOVERFLOW", mapped, late)
	}},
	{"sources are opened before a mount can cover them", func(t *testing.T, l *launch, p listing) {
		var sources []int
		for _, v := range l.volumes {
			sources = append(sources, p.some(t, "source "+v.Path, p.all("open_tree", "AT_FDCWD", strconv.Quote(v.Path)))...)
		}
		sources = append(sources, p.some(t, "rootfs", p.all("openat", "AT_FDCWD", strconv.Quote(l.root.Path)))...)
		p.order(t, "another file", sources, p.all("move_mount"))
	}},
	{"mounts are private before there is one", func(t *testing.T, _ *launch, p listing) {
		p.order(t, "the host sees it", p.some(t, "private", p.all("mount", "0", `"/"`, "0", "MS_REC|MS_PRIVATE")), p.all("move_mount"))
	}},
	{"the cgroup namespace begins once the process is in its own cgroup, and that is what is mounted", func(t *testing.T, l *launch, p listing) {
		own := p.all("unshare", "CLONE_NEWCGROUP")
		if !l.place.wanted {
			if len(own) > 0 {
				t.Error("the namespace is unshared twice")
			}
			return
		}
		if _, late := l.flags(); late&unix.CLONE_NEWCGROUP != 0 {
			t.Error("the child unshares it before it is in its cgroup")
		}
		placed := p.some(t, "wait for the cgroup", p.waits("Placed"))
		p.order(t, "/proc/self/cgroup is not 0::/", placed, p.some(t, "unshare", own))
		p.order(t, "the caller's cgroup shows", own, p.some(t, "cgroup2", p.all("fsopen", `"cgroup2"`)))
		p.order(t, "lost /proc/PID", placed, p.all("setresuid"))
	}},
	{"the ids change after what works by pid and what needs the caller's", func(t *testing.T, l *launch, p listing) {
		uid := p.some(t, "setresuid", p.all("setresuid"))
		gid := p.some(t, "setresgid", p.all("setresgid"))
		if _, ok := userns.ToContainer(l.ids.UIDs, l.host.UID); !ok && l.owns(specs.UserNamespace) {
			uid = last(uid) // the first gives ids to a process whose own do not exist inside
			gid = last(gid)
		}
		before := append(p.mounts(), p.all("openat2", "", `"proc/self/oom_score_adj"`)...)
		p.order(t, "lost /proc/PID", before, append(uid, gid...))
	}},
	{"bounding set, groups, group, user, capabilities, no_new_privs", func(t *testing.T, l *launch, p listing) {
		bound := p.some(t, "bounding set", p.all("prctl", "PR_CAPBSET_DROP"))
		groups := p.all("setgroups")
		gid, uid := last(p.all("setresgid")), last(p.all("setresuid"))
		keep := p.some(t, "keepcaps", p.all("prctl", "PR_SET_KEEPCAPS"))
		set := p.some(t, "capset", p.all("capset"))
		ambient, nnp := p.all("prctl", "PR_CAP_AMBIENT"), p.all("prctl", "PR_SET_NO_NEW_PRIVS")
		p.order(t, "CAP_SETPCAP is gone", bound, slices.Concat(groups, gid, uid, set))
		p.order(t, "CAP_SETGID is gone", groups, slices.Concat(gid, uid, set))
		p.order(t, "CAP_SETGID is gone", gid, uid)
		p.order(t, "no capabilities are left", keep, uid)
		p.order(t, "the change of user changes them again", uid, set)
		p.order(t, "not permitted yet", set, ambient)
		p.order(t, "after every other change", slices.Concat(set, ambient), nnp)
		if got, want := len(nnp) > 0, l.spec.Process.NoNewPrivileges; got != want {
			t.Errorf("no_new_privs is %v, want %v", got, want)
		}
	}},
	{"not dumpable, parent-death signal, alive, close on exec, exec", func(t *testing.T, l *launch, p listing) {
		chain := [][]int{last(p.all("setresuid")), p.some(t, "dumpable", p.all("prctl", "PR_SET_DUMPABLE", "0"))}
		if !l.opt.Create {
			chain = append(chain, p.some(t, "parent-death signal", p.all("prctl", "PR_SET_PDEATHSIG")), p.some(t, "alive", p.all("alive?")))
		}
		chain = append(chain, p.some(t, "close_range", p.all("close_range", "3", "0xffffffff", "CLOSE_RANGE_CLOEXEC")), p.some(t, "exec", p.all("execveat", "init")))
		for i := 1; i < len(chain); i++ {
			p.order(t, "the last steps", chain[i-1], chain[i])
		}
		if exec := p.all("execveat"); len(exec) != 1 || exec[0] != len(p)-1 {
			t.Errorf("execveat at %v of %d steps", exec, len(p))
		}
	}},
	{"the filter of system calls comes last, or where that is not allowed before the ids change", func(t *testing.T, l *launch, p listing) {
		filter := p.all("seccomp", "SECCOMP_SET_MODE_FILTER")
		if want := l.profile() != ""; (len(filter) == 1) != want {
			t.Fatalf("filters at %v, there is to be one: %v", filter, want)
		} else if !want {
			return
		}
		if l.spec.Process.NoNewPrivileges {
			p.order(t, "without no_new_privs it is EACCES", p.all("prctl", "PR_SET_NO_NEW_PRIVS"), filter)
			if filter[0] != len(p)-2 {
				t.Errorf("step %d of %d", filter[0], len(p))
			}
			return
		}
		p.order(t, "the filter may refuse it", slices.Concat(p.mounts(), p.all("keyctl")), filter)
		p.order(t, "CAP_SYS_ADMIN is gone", filter, slices.Concat(p.all("prctl", "PR_CAPBSET_DROP"), p.all("setresuid")))
	}},
	{"what is hidden and read-only is so when all mounts are there, before the root changes", func(t *testing.T, l *launch, p listing) {
		pivot := p.some(t, "pivot_root", p.all("pivot_root"))
		for _, path := range slices.Concat(l.spec.Linux.MaskedPaths, l.spec.Linux.ReadonlyPaths) {
			at := p.some(t, "look at "+path, p.all("openat2", "", strconv.Quote(path[1:]), "{O_PATH|O_CLOEXEC, RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS}"))
			over := p.some(t, "cover "+path, p.all("move_mount", "", "", "$"+strconv.Itoa(at[len(at)-1])))
			p.order(t, path, over, pivot)
			p.order(t, "it is mounted over", p.all("move_mount", "", "", "$0"), at[len(at)-1:])
		}
	}},
	{"without a supervisor nobody's death ends the container", func(t *testing.T, l *launch, p listing) {
		if got := p.all("prctl", "PR_SET_PDEATHSIG"); l.opt.Create && len(got) > 0 {
			t.Errorf("parent-death signal at step %d", got[0])
		}
	}},
	{"what is denied is hidden when all else is mounted, and before the command can see it", func(t *testing.T, l *launch, p listing) {
		if len(l.hidden) == 0 {
			return
		}
		var opened, others []int
		for _, h := range l.hidden {
			at := p.all("openat2", "", strconv.Quote(h.Dest[1:]))
			opened = append(opened, p.some(t, "handle of "+h.Dest, at)...)
		}
		for _, i := range p.all("move_mount") {
			if !strings.HasSuffix(p[i].Why, " is out of reach") && !strings.HasPrefix(p[i].Why, "a mount point cannot be renamed") {
				others = append(others, i)
			}
		}
		p.order(t, "it would be hidden with what is mounted", others, opened)
		p.order(t, "the command is there before", opened, p.some(t, "pivot", p.all("pivot_root")))
	}},
	{"the Landlock layer comes after the mounts, with no_new_privs, on the host's root and where something is denied", func(t *testing.T, l *launch, p listing) {
		self := p.all("landlock_restrict_self")
		if wants := l.root.Host || len(l.denied) > 0; wants != (len(self) == 1) {
			t.Fatalf("it is wanted: %v; steps %v", wants, self)
		}
		if len(self) == 0 {
			return
		}
		p.order(t, "no mount can be made any more", p.mounts(), self)
		p.order(t, "EPERM", p.some(t, "no_new_privs", p.all("prctl", "PR_SET_NO_NEW_PRIVS", "1")), self)
		p.order(t, "nothing is written but by a rule", p.all("landlock_add_rule"), self)
	}},
	{"the working directory is entered with the user's rights and then looked at", func(t *testing.T, _ *launch, p listing) {
		cwd, in := p.some(t, "getcwd", p.all("getcwd")), last(p.all("fchdir"))
		p.order(t, "another user's rights", last(p.all("setresuid")), in)
		p.order(t, "looked at before", in, cwd)
		if check := cwd[0] + 1; p[check].Call != "check" {
			t.Errorf("getcwd is not checked")
		}
	}},
	{"paths of the rootfs stay under its handle", func(t *testing.T, _ *launch, p listing) {
		for _, i := range p.some(t, "openat2", p.resolves()) {
			dir, how := p[i].Args[0], p[i].Args[2]
			if !strings.Contains(how, "RESOLVE_IN_ROOT") || !strings.Contains(how, "RESOLVE_NO_MAGICLINKS") || !strings.HasPrefix(dir, "$") {
				t.Errorf("step %d: %v", i, p[i].Args)
			}
		}
	}},
	{"no path of the rootfs is used by name", named},
	{"every descriptor is closed by an exec", func(t *testing.T, _ *launch, p listing) {
		for i, s := range p {
			flag := map[string]string{"openat": "O_CLOEXEC", "openat2": "O_CLOEXEC", "open_tree": "OPEN_TREE_CLOEXEC", "fsopen": "FSOPEN_CLOEXEC",
				"fsmount": "FSMOUNT_CLOEXEC", "socket": "SOCK_CLOEXEC"}[s.Call]
			if s.Call == "ioctl" && s.Args[1] == "TIOCGPTPEER" && number(s.Args[2])&unix.O_CLOEXEC == 0 {
				t.Errorf("step %d: %s %v", i, s.Call, s.Args)
			}
			if flag != "" && !strings.Contains(strings.Join(s.Args, " "), flag) {
				t.Errorf("step %d: %s %v", i, s.Call, s.Args)
			}
		}
	}},
	{"a terminal for those who asked for one; the session is there from the clone on", func(t *testing.T, l *launch, p listing) {
		tty := p.all("ioctl", "", "TIOCSCTTY")
		if got, want := len(tty) > 0, l.spec.Process.Terminal; got != want {
			t.Errorf("a terminal: %v, want %v", got, want)
		}
	}},
	{"the driver is told before the mounts and waited for before the root changes", func(t *testing.T, l *launch, p listing) {
		connected := p.waits("Connected")
		if l.net.setup == nil {
			if device := p.all("openat", "AT_FDCWD", `"/dev/net/tun"`); len(connected)+len(device) > 0 || l.tapFailed(0) {
				t.Errorf("steps %v and %v are of a network, and there is none", connected, device)
			}
			return
		}
		told := []int{l.at.netns}
		if c := p[l.at.netns]; c.Call != "sendto" && c.Call != "sendmsg" || c.Args[0] != "control" {
			t.Fatalf("step %d tells nobody: %s %v", l.at.netns, c.Call, c.Args)
		}
		p.order(t, "the driver has nobody's network", p.some(t, "wait for the maps", p.waits("Mapped")), told)
		p.order(t, "the driver starts late", told, p.all("move_mount"))
		p.order(t, "the command has no network", told, p.some(t, "wait for the driver", connected))
		p.order(t, "the driver's programs are not there any more", connected, p.some(t, "pivot_root", p.all("pivot_root")))
		if len(connected) != 1 || connected[0] != l.at.connected {
			t.Errorf("waits at %v, and the parent knows of %d", connected, l.at.connected)
		}
		if enters := p.all("move_mount")[0] > connected[0]; enters != l.net.setup.Enters() {
			t.Errorf("mounts after the driver: %v, a driver that needs those of the host: %v", enters, !enters)
		}
	}},
	{"the device is made in the network's own steps, and nobody inside has its descriptor", func(t *testing.T, l *launch, p listing) {
		made := p.all("openat", "AT_FDCWD", `"/dev/net/tun"`)
		if want := l.net.setup != nil && l.net.setup.MakesTap(); (len(made) == 1) != want {
			t.Fatalf("the device is opened at %v, is to be: %v", made, want)
		} else if !want {
			return
		}
		fd := "$" + strconv.Itoa(made[0])
		sent := slices.ContainsFunc(p, func(s forkexec.StepJSON) bool {
			return s.Call == "store" && strings.HasPrefix(s.Args[0], "store "+fd+" at ")
		})
		if sent != l.net.setup.TakesTap() {
			t.Errorf("sent: %v", sent)
		}
		closed := p.some(t, "close of the device", p.all("close", fd))
		if sent {
			p.order(t, "nothing to send", []int{l.at.netns}, closed)
		} else {
			p.order(t, "the driver cannot attach to it", closed, []int{l.at.netns})
		}
		var device []int
		for _, call := range []string{"TUNSETIFINDEX", "TUNSETIFF", "TUNSETPERSIST"} {
			device = append(device, p.some(t, call, p.all("ioctl", fd, call))...)
		}
		if !slices.IsSorted(device) {
			t.Errorf("the device is made at %v", device)
		}
		p.order(t, "no device", device, p.all("ioctl", "", "SIOCSIFMTU"))
		for _, i := range append(device, made[0], l.at.netns) {
			if !l.tapFailed(i) {
				t.Errorf("a failure of step %d is not the network's", i)
			}
		}
		if first := slices.Min(append(p.all("socket", "AF_NETLINK"), made[0])); l.tapFailed(first-1) || l.tapFailed(l.at.netns+1) {
			t.Error("other steps' failures are the network's")
		}
	}},
	{"a driver that would connect to the host's loopback is sent nothing for it", func(t *testing.T, l *launch, p listing) {
		if rules := p.all("socket", "AF_NETLINK"); l.net.setup != nil && (len(rules) > 0) == l.net.setup.TakesTap() {
			t.Errorf("the rules of routing are at %v", rules)
		} else if len(rules) > 0 {
			p.order(t, "the driver could be sent something before", rules, []int{l.at.netns})
			if got := len(p.all("sendto")) - 1; got != 2 {
				t.Errorf("%d rules, want one for each family", got)
			}
		}
	}},
	{"a device is up before there is a route, and IPv6 is told first what not to do", func(t *testing.T, l *launch, p listing) {
		s := l.net.setup
		up, route := p.all("ioctl", "", "SIOCSIFFLAGS"), p.all("ioctl", "", "SIOCADDRT")
		if s == nil || !s.SetsAddresses() {
			if len(route) > 0 {
				t.Errorf("there is a route at %v", route)
			}
			return
		}
		p.order(t, "ENETUNREACH", last(up), p.some(t, "route", route))
		p.order(t, "the address goes with the device down", p.some(t, "address", p.all("ioctl", "", "SIOCSIFADDR"))[:1], last(up))
		if s.Addresses.IP6.IsValid() && s.MakesTap() {
			p.order(t, "the address is tentative", p.some(t, "accept_dad", p.all("openat", "AT_FDCWD", `"/proc/sys/net/ipv6/conf/tap0/accept_dad"`)), last(up))
		}
	}},
	{"the parent answers in the order in which the child asks", func(t *testing.T, l *launch, _ listing) {
		actions := l.actions()
		if !slices.IsSortedFunc(actions, func(a, b action) int { return a.after - b.after }) {
			t.Errorf("got %+v", actions)
		}
		for _, a := range actions {
			if a.after == 0 {
				t.Errorf("%s: answers no step", a.does)
			}
		}
	}},
	{"each step says why", func(t *testing.T, _ *launch, p listing) {
		for i, s := range p {
			if s.Why == "" || strings.HasPrefix(s.Call, "syscall_") {
				t.Errorf("step %d: %s %v # %s", i, s.Call, s.Args, s.Why)
			}
		}
	}},
}

// named looks at system calls that take a path without a handle of their own: before the pivot they may name what is
// the host's, or what is in a scratch tmpfs that is the working directory, and afterwards nothing but "/".
func named(t *testing.T, l *launch, p listing) {
	host := []string{"/proc", "/sys", "/dev/mqueue", "/dev/net/tun", l.root.Path,
		// Whoever opens these sees those of its own network namespace.
		"/proc/sys/net/ipv4/ip_unprivileged_port_start", "/proc/sys/net/ipv4/ping_group_range",
		"/proc/sys/net/ipv6/conf/tap0/accept_dad", "/proc/sys/net/ipv6/conf/tap0/accept_ra"}
	for _, d := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		host = append(host, "/dev/"+d)
	}
	for _, v := range l.volumes {
		host = append(host, v.Path)
	}
	if l.root.Store != nil {
		host = append(host, l.root.Store.Path)
	}
	for _, ns := range l.spec.Linux.Namespaces {
		host = append(host, ns.Path)
	}
	scratch, inside := false, false
	for i, s := range p {
		switch s.Call {
		case "pivot_root":
			inside = true
		case "umount2":
			scratch = false
		case "fchdir":
			made := s.Args[0]
			scratch = p[number(made)].Call == "fsmount"
		}
		for j, a := range s.Args {
			name, ok := strings.CutPrefix(a, `"`)
			if !ok || j == 0 || s.Args[j-1] != "AT_FDCWD" {
				continue
			}
			name = strings.TrimSuffix(name, `"`)
			switch {
			case inside, strings.HasPrefix(name, "/") && !slices.Contains(host, name), !strings.HasPrefix(name, "/") && !scratch, strings.Contains(name, ".."):
				t.Errorf("step %d: %s %v", i, s.Call, s.Args)
			}
		}
		if s.Call == "open" || s.Call == "chdir" && s.Args[0] != `"/"` || s.Call == "mount" && s.Args[1] != `"/"` {
			t.Errorf("step %d: %s %v", i, s.Call, s.Args)
		}
	}
}

func number(ref string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(ref, "$"))
	return n
}

func last(at []int) []int { return at[max(0, len(at)-1):] }

func TestTheOrderOfSteps(t *testing.T) {
	for name := range samples {
		t.Run(name, func(t *testing.T) {
			l := compiled(t, name)
			p := listing(l.program.JSON())
			for _, o := range orders {
				t.Run(o.name, func(t *testing.T) { o.check(t, l, p) })
			}
		})
	}
}
