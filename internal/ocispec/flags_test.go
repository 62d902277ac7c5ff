package ocispec

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// here is an invocation of a user in /home/me.
func here() Invocation {
	return Invocation{Rootfs: "/srv/rootfs", Command: []string{"true"}, Cwd: "/home/me", Environ: []string{"MINE=1", "TERM=foot"}}
}

func mustSpec(t *testing.T, f *Flags, in Invocation) (*specs.Spec, *Extra) {
	t.Helper()
	spec, extra, err := FromFlags(f, in)
	if err != nil {
		t.Fatal(err)
	}
	return spec, extra
}

// Each error has to name the flag and say what to write instead.
func TestWrongFlagsAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name  string
		flags Flags
		want  []string
	}{
		{"userns host", Flags{IdentityFlags: IdentityFlags{MapFlags: MapFlags{Userns: "host"}}}, []string{`--userns "host"`, "keep-id"}},
		{"userns bogus", Flags{IdentityFlags: IdentityFlags{MapFlags: MapFlags{Userns: "x"}}}, []string{`--userns "x"`, "auto, single and keep-id"}},
		{"userns options", Flags{IdentityFlags: IdentityFlags{MapFlags: MapFlags{Userns: "keep-id:uid=1"}}}, []string{"--uidmap"}},
		{"userns and map", Flags{IdentityFlags: IdentityFlags{MapFlags: MapFlags{Userns: "auto", GIDMap: []string{"0:1:1"}}}}, []string{"one or the other"}},
		{"empty group", Flags{IdentityFlags: IdentityFlags{GroupAdd: []string{""}}}, []string{"--group-add"}},
		{"keep-groups and more", Flags{IdentityFlags: IdentityFlags{GroupAdd: []string{"keep-groups", "1"}}}, []string{"no other group"}},
		{"net of another container, and ids", Flags{IdentityFlags: IdentityFlags{MapFlags: MapFlags{Userns: "single"}}, NetFlags: NetFlags{Net: "container:web"}}, []string{`--net "container:web"`, "--userns"}},
		{"pid", Flags{ProcessFlags: ProcessFlags{PID: "container:x"}}, []string{"--pid", "private", "host"}},
		{"name", Flags{ProcessFlags: ProcessFlags{Name: "../x"}}, []string{`--name "../x"`}},
		{"name newline", Flags{ProcessFlags: ProcessFlags{Name: "a\nb"}}, []string{`--name "a\nb"`}},
		{"name long", Flags{ProcessFlags: ProcessFlags{Name: strings.Repeat("a", 300)}}, []string{"up to 64"}},
		{"name emoji", Flags{ProcessFlags: ProcessFlags{Name: "\U0001F980"}}, []string{"--name"}},
		{"hostname", Flags{ProcessFlags: ProcessFlags{Hostname: "-x"}}, []string{"--hostname"}},
		{"hostname of the host", Flags{ProcessFlags: ProcessFlags{Hostname: "x", UTS: "host"}}, []string{"--hostname", "--uts host"}},
		{"env without name", Flags{ProcessFlags: ProcessFlags{Env: []string{"=x"}}}, []string{`--env "=x"`, "NAME=VALUE"}},
		{"env newline in name", Flags{ProcessFlags: ProcessFlags{Env: []string{"A\nB=x"}}}, []string{"newline"}},
		{"env file missing", Flags{ProcessFlags: ProcessFlags{EnvFile: []string{"nothere"}}}, []string{`--env-file "nothere"`, "no such file"}},
		{"ulimit form", Flags{ProcessFlags: ProcessFlags{Ulimit: []string{"nofile"}}}, []string{"NAME=SOFT[:HARD]"}},
		{"ulimit name", Flags{ProcessFlags: ProcessFlags{Ulimit: []string{"x=1"}}}, []string{"no such limit", "nofile"}},
		{"ulimit number", Flags{ProcessFlags: ProcessFlags{Ulimit: []string{"nofile=-2"}}}, []string{"unlimited"}},
		{"ulimit order", Flags{ProcessFlags: ProcessFlags{Ulimit: []string{"nofile=2:1"}}}, []string{"above the hard"}},
		{"ulimit unlimited over hard", Flags{ProcessFlags: ProcessFlags{Ulimit: []string{"nofile=-1:1"}}}, []string{"above the hard"}},
		{"sysctl form", Flags{ProcessFlags: ProcessFlags{Sysctl: []string{"net.x"}}}, []string{"KEY=VALUE"}},
		{"sysctl of the host", Flags{ProcessFlags: ProcessFlags{Sysctl: []string{"vm.swappiness=1"}}}, []string{"belongs to the host"}},
		{"sysctl slash", Flags{ProcessFlags: ProcessFlags{Sysctl: []string{"net/../kernel/x=1"}}}, []string{"with dots"}},
		{"sysctl dots", Flags{ProcessFlags: ProcessFlags{Sysctl: []string{"net...kernel=1"}}}, []string{"with dots"}},
		{"sysctl hostname", Flags{ProcessFlags: ProcessFlags{Sysctl: []string{"kernel.hostname=x"}}}, []string{"--hostname"}},
		{"sysctl net of the host", Flags{ProcessFlags: ProcessFlags{Sysctl: []string{"net.a=1"}}, NetFlags: NetFlags{Net: "host"}}, []string{"host's network"}},
		{"sysctl ipc of the host", Flags{ProcessFlags: ProcessFlags{Sysctl: []string{"kernel.sem=1"}, IPC: "host"}}, []string{"host's ipc"}},
		{"cap", Flags{SecurityFlags: SecurityFlags{CapAdd: []string{"flying"}}}, []string{`--cap-add "flying"`, "capabilities(7)"}},
		{"cap empty", Flags{SecurityFlags: SecurityFlags{CapDrop: []string{""}}}, []string{`--cap-drop ""`}},
		{"cap both", Flags{SecurityFlags: SecurityFlags{CapAdd: []string{"kill"}, CapDrop: []string{"CAP_KILL"}}}, []string{"CAP_KILL", "one of them"}},
		{"cap all both", Flags{SecurityFlags: SecurityFlags{CapAdd: []string{"all"}, CapDrop: []string{"ALL"}}}, []string{"one of them"}},
		{"security-opt", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"systempath=unconfined"}}}, []string{"no-new-privileges", "seccomp=", "unmask="}},
		{"docker's systempaths", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"systempaths=unconfined"}}}, []string{"write unmask=ALL"}},
		{"mask of each process's", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"mask=/proc/self/environ"}}}, []string{"another file for each process"}},
		{"mask of a link", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"mask=/proc/net/dev"}}}, []string{"another file for each process"}},
		{"mask of a process", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"mask=/proc/2"}}}, []string{"another file for each process"}},
		{"mask and nested", Flags{SecurityFlags: SecurityFlags{Nested: true, SecurityOpt: []string{"mask=/proc/meminfo"}}}, []string{"--nested is for"}},
		{"unmask of a part", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"unmask=/proc/sys/kernel"}}}, []string{"a part of /proc/sys"}},
		{"unmask of /sys", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"unmask=/sys"}}}, []string{"stays read-only"}},
		{"unmask of an empty path", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"unmask="}}}, []string{"write ALL or absolute"}},
		{"label", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"label=type:x"}}}, []string{"no SELinux label"}},
		{"two profiles", Flags{SecurityFlags: SecurityFlags{Seccomp: "default", SecurityOpt: []string{"seccomp=unconfined"}}}, []string{"given twice"}},
		{"no profile", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"seccomp="}}}, []string{"write seccomp=default"}},
		{"absent profile", Flags{SecurityFlags: SecurityFlags{Seccomp: "nowhere.json"}}, []string{`--seccomp "nowhere.json": no such file`, "default, unconfined"}},
		{"profile that is a directory", Flags{SecurityFlags: SecurityFlags{Seccomp: "/proc"}}, []string{"a directory"}},
		{"profile that is no JSON", Flags{SecurityFlags: SecurityFlags{Seccomp: "/etc/passwd"}}, []string{`--seccomp "/etc/passwd": `}},
		{"endless profile", Flags{SecurityFlags: SecurityFlags{Seccomp: "/dev/zero"}}, []string{"neither a file nor a pipe"}},
		{"mask", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"mask=proc/x"}}}, []string{"absolute paths"}},
		{"mask of all", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"mask=/"}}}, []string{"absolute paths"}},
		{"unmask of nothing", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"unmask=/proc/cpuinfo"}}}, []string{"neither hidden nor read-only", "/proc/kcore"}},
		{"no-new-privileges true and false", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"no-new-privileges", "no-new-privileges=false"}}}, []string{"given twice"}},
		{"env file without an end", Flags{ProcessFlags: ProcessFlags{EnvFile: []string{"/dev/zero"}}}, []string{`--env-file "/dev/zero": it is neither a file nor a pipe; name a file`}},
		{"parent above", Flags{CgroupFlags: CgroupFlags{CgroupParent: "../../x"}}, []string{`--cgroup-parent "../../x"`, `without ".."`}},
		{"security-opt value", Flags{SecurityFlags: SecurityFlags{SecurityOpt: []string{"no-new-privileges=maybe"}}}, []string{"true or"}},
		{"named volume", Flags{FileFlags: FileFlags{Volume: []string{"data:/x"}}}, []string{`--volume "data:/x"`, "./data"}},
		{"named volume alone", Flags{FileFlags: FileFlags{Volume: []string{"data"}}}, []string{"./data"}},
		{"volume destination", Flags{FileFlags: FileFlags{Volume: []string{"./a:b"}}}, []string{`"b" is not absolute`}},
		{"volume over root", Flags{FileFlags: FileFlags{Volume: []string{"/a:/"}}}, []string{"root itself"}},
		{"volume over root by dots", Flags{FileFlags: FileFlags{Volume: []string{"/a:/x/../."}}}, []string{"root itself"}},
		{"volume root alone", Flags{FileFlags: FileFlags{Volume: []string{"/"}}}, []string{"root itself"}},
		{"volume colons", Flags{FileFlags: FileFlags{Volume: []string{"/a:/b:ro:z"}}}, []string{"--mount type=bind"}},
		{"volume without source", Flags{FileFlags: FileFlags{Volume: []string{":/b"}}}, []string{"source is empty"}},
		{"volume option", Flags{FileFlags: FileFlags{Volume: []string{"/a:/b:rr"}}}, []string{`"rr"`, "noexec"}},
		{"volume empty option", Flags{FileFlags: FileFlags{Volume: []string{"/a:/b:ro,"}}}, []string{"option is empty"}},
		{"volume empty destination", Flags{FileFlags: FileFlags{Volume: []string{"./f:"}}}, []string{`destination is empty`}},
		{"volume empty destination and options", Flags{FileFlags: FileFlags{Volume: []string{"./f::ro"}}}, []string{`destination is empty`}},
		{"volume empty options", Flags{FileFlags: FileFlags{Volume: []string{"/a:/b:"}}}, []string{`options are empty`}},
		{"volume ro and rw", Flags{FileFlags: FileFlags{Volume: []string{"/a:/b:ro,rw"}}}, []string{`ro and rw contradict`}},
		{"volume suid and nosuid", Flags{FileFlags: FileFlags{Volume: []string{"/a:nosuid,suid"}}}, []string{`nosuid and suid contradict`}},
		{"volume alone with a wrong option", Flags{FileFlags: FileFlags{Volume: []string{"/a:ro,foo"}}}, []string{`unknown option "foo"`}},
		{"volume U", Flags{FileFlags: FileFlags{Volume: []string{"/a:/b:U"}}}, []string{"keep-id"}},
		{"volume shared", Flags{FileFlags: FileFlags{Volume: []string{"/a:/b:rshared"}}}, []string{"private"}},
		{"deny nothing", Flags{FileFlags: FileFlags{Deny: []string{""}}}, []string{`--deny ""`, "empty"}},
		{"deny a relative path", Flags{FileFlags: FileFlags{Deny: []string{"etc/shadow"}}}, []string{`--deny "etc/shadow"`, "from / on"}},
		{"deny the root", Flags{FileFlags: FileFlags{Deny: []string{"/x/.."}}}, []string{"without the root"}},
		{"deny a volume's place", Flags{FileFlags: FileFlags{Deny: []string{"/x/"}, Volume: []string{"/a:/x"}}}, []string{`--deny "/x/"`, "leave out one"}},
		{"deny what is above a tmpfs", Flags{FileFlags: FileFlags{Deny: []string{"/x"}, Tmpfs: []string{"/x/y"}}}, []string{`mounted at "/x/y"`}},
		{"two at one place", Flags{FileFlags: FileFlags{Volume: []string{"/a:/x", "/b:/x/"}}}, []string{`two mounts at "/x"`}},
		{"mount without type", Flags{FileFlags: FileFlags{Mount: []string{"src=/a,dst=/b"}}}, []string{"type=bind"}},
		{"mount volume", Flags{FileFlags: FileFlags{Mount: []string{"type=volume,src=a,dst=/b"}}}, []string{"named volumes"}},
		{"mount type", Flags{FileFlags: FileFlags{Mount: []string{"type=foo,dst=/b"}}}, []string{"unknown type"}},
		{"mount twice", Flags{FileFlags: FileFlags{Mount: []string{"type=bind,src=/a,source=/b,dst=/c"}}}, []string{"twice"}},
		{"mount without source", Flags{FileFlags: FileFlags{Mount: []string{"type=bind,dst=/c"}}}, []string{"src=PATH"}},
		{"mount without destination", Flags{FileFlags: FileFlags{Mount: []string{"type=tmpfs"}}}, []string{"dst= is missing"}},
		{"mount key", Flags{FileFlags: FileFlags{Mount: []string{"type=bind,src=/a,dst=/c,foo=bar"}}}, []string{`unknown key "foo"`, `src, dst, ro`}},
		{"mount word", Flags{FileFlags: FileFlags{Mount: []string{"type=bind,src=/a,dst=/c,foo"}}}, []string{`unknown key "foo"`}},
		{"mount one word", Flags{FileFlags: FileFlags{Mount: []string{"foo"}}}, []string{`type= is missing`}},
		{"mount bind without destination", Flags{FileFlags: FileFlags{Mount: []string{"type=bind,src=/a"}}}, []string{`dst= is missing`}},
		{"mount empty destination", Flags{FileFlags: FileFlags{Mount: []string{"type=bind,src=/a,dst="}}}, []string{`dst lacks its value`}},
		{"mount relative destination", Flags{FileFlags: FileFlags{Mount: []string{"type=tmpfs,dst=c"}}}, []string{`"c" is not absolute`}},
		{"mount ro and rw", Flags{FileFlags: FileFlags{Mount: []string{"type=bind,src=/a,dst=/c,readonly,rw"}}}, []string{`ro and rw contradict`}},
		{"mount rw by a value", Flags{FileFlags: FileFlags{Mount: []string{"type=bind,src=/a,dst=/c,ro,readonly=false"}}}, []string{`ro and rw contradict`}},
		{"mount bool", Flags{FileFlags: FileFlags{Mount: []string{"type=bind,src=/a,dst=/c,ro=x"}}}, []string{`"ro=x"`, "true or false"}},
		{"mount propagation", Flags{FileFlags: FileFlags{Mount: []string{"type=bind,src=/a,dst=/c,bind-propagation=shared"}}}, []string{"private"}},
		{"mount quotes", Flags{FileFlags: FileFlags{Mount: []string{`type=bind,"src=/a`}}}, []string{"quotation mark"}},
		{"mount empty field", Flags{FileFlags: FileFlags{Mount: []string{"type=bind,,dst=/c"}}}, []string{"empty"}},
		{"mount tmpfs source", Flags{FileFlags: FileFlags{Mount: []string{"type=tmpfs,src=/a,dst=/c"}}}, []string{"no source"}},
		{"mount devpts field", Flags{FileFlags: FileFlags{Mount: []string{"type=devpts,dst=/c,size=1"}}}, []string{"uid="}},
		{"tmpfs destination", Flags{FileFlags: FileFlags{Tmpfs: []string{"tmp"}}}, []string{"--tmpfs", "not absolute"}},
		{"tmpfs size", Flags{FileFlags: FileFlags{Tmpfs: []string{"/tmp:size=0"}}}, []string{"size=64m"}},
		{"tmpfs mode", Flags{FileFlags: FileFlags{Tmpfs: []string{"/tmp:mode=99"}}}, []string{"mode=1777"}},
		{"tmpfs option", Flags{FileFlags: FileFlags{Tmpfs: []string{"/tmp:huge=always"}}}, []string{"huge=always"}},
		{"tmpfs copyup", Flags{FileFlags: FileFlags{Tmpfs: []string{"/tmp:tmpcopyup"}}}, []string{"copies nothing"}},
		{"tmpfs empty options", Flags{FileFlags: FileFlags{Tmpfs: []string{"/tmp:"}}}, []string{`option is empty`}},
		{"tmpfs exec and noexec", Flags{FileFlags: FileFlags{Tmpfs: []string{"/tmp:exec,noexec"}}}, []string{`exec and noexec contradict`}},
		{"device missing", Flags{FileFlags: FileFlags{Device: []string{"/dev/nosuch"}}}, []string{`there is no "/dev/nosuch"`}},
		{"device that is a directory", Flags{FileFlags: FileFlags{Device: []string{"/dev/directory:/dev/x"}}}, []string{`not a device`, `--volume`}},
		{"shm-size", Flags{FileFlags: FileFlags{ShmSize: "-1"}}, []string{"--shm-size", "64m"}},
		{"shm-size unit", Flags{FileFlags: FileFlags{ShmSize: "1x"}}, []string{"--shm-size"}},
		{"shm-size over", Flags{FileFlags: FileFlags{ShmSize: "99999999999g"}}, []string{"--shm-size"}},
		{"shm-size of the host", Flags{FileFlags: FileFlags{ShmSize: "1g"}, ProcessFlags: ProcessFlags{IPC: "host"}}, []string{"--ipc host"}},
		{"device relative", Flags{FileFlags: FileFlags{Device: []string{"fuse"}}}, []string{"--device", "/dev/fuse"}},
		{"device read-only", Flags{FileFlags: FileFlags{Device: []string{"/dev/fuse:r"}}}, []string{"cannot take"}},
		{"device permissions", Flags{FileFlags: FileFlags{Device: []string{"/dev/fuse:/dev/fuse:rx"}}}, []string{"letters"}},
		{"workdir", Flags{FileFlags: FileFlags{Workdir: "src"}}, []string{"--workdir"}},
		{"ephemeral and overlay", Flags{FileFlags: FileFlags{Ephemeral: true, Overlay: "x"}}, []string{"one of them"}},
		{"read-only and ephemeral", Flags{FileFlags: FileFlags{Ephemeral: true, ReadOnly: true}}, []string{"one of them"}},
		{"read-only and overlay", Flags{FileFlags: FileFlags{Overlay: "x", ReadOnly: true}}, []string{"one of them"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := here()
			in.IsDevice = func(path string) (exists, device bool) { return path != "/dev/nosuch", path != "/dev/directory" }
			_, _, err := FromFlags(&tt.flags, in)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q lacks %q", err, want)
				}
			}
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("not one plain line: %q", err)
			}
		})
	}
}

func TestRelativePathsNeedAWorkingDirectory(t *testing.T) {
	in := here()
	in.Cwd = ""
	if _, _, err := FromFlags(&Flags{FileFlags: FileFlags{Volume: []string{"./x:/x"}}}, in); err == nil || !strings.Contains(err.Error(), "absolute") {
		t.Errorf("got %v", err)
	}
	if _, _, err := FromFlags(&Flags{FileFlags: FileFlags{Volume: []string{"/x"}}}, in); err != nil {
		t.Errorf("absolute paths alone: %v", err)
	}
}

func TestEmptyWordsAreRefused(t *testing.T) {
	in := here()
	in.Rootfs = ""
	if _, _, err := FromFlags(&Flags{}, in); err == nil || !strings.Contains(err.Error(), "ROOTFS is empty") {
		t.Errorf("got %v", err)
	}
	in = here()
	in.Command = []string{"", "x"}
	if _, _, err := FromFlags(&Flags{}, in); err == nil || !strings.Contains(err.Error(), "the command is empty") {
		t.Errorf("got %v", err)
	}
}

func TestMountForms(t *testing.T) {
	bind := func(src, dst, options string) specs.Mount {
		return specs.Mount{Destination: dst, Type: "bind", Source: src, Options: strings.Split(options, ",")}
	}
	tmpfs := func(dst, options string) specs.Mount {
		return specs.Mount{Destination: dst, Type: "tmpfs", Source: "tmpfs", Options: strings.Split(options, ",")}
	}
	for _, tt := range []struct {
		flag, value string
		want        specs.Mount
	}{
		{"volume", "/a", bind("/a", "/a", "rbind,nosuid,nodev")},
		{"volume", "/a:ro", bind("/a", "/a", "rbind,rro,nosuid,nodev")},
		{"volume", "/a:/b", bind("/a", "/b", "rbind,nosuid,nodev")},
		{"volume", "/a:/b/:ro,Z", bind("/a", "/b", "rbind,rro,nosuid,nodev")},
		{"volume", "/a:/b:bind,ro,suid,dev,noexec", bind("/a", "/b", "bind,ro,noexec")},
		{"volume", "/a:/b:rw,noatime", bind("/a", "/b", "rbind,nosuid,nodev,noatime")},
		{"volume", ".:/b", bind("/home/me", "/b", "rbind,nosuid,nodev")},
		{"volume", "../x", bind("/home/x", "/home/x", "rbind,nosuid,nodev")},
		{"volume", "x/y:/b", bind("/home/me/x/y", "/b", "rbind,nosuid,nodev")},
		{"volume", `/a\b:/b`, bind(`/a\b`, "/b", "rbind,nosuid,nodev")},
		{"mount", "type=bind,source=/a:b,target=/b,readonly", bind("/a:b", "/b", "rbind,rro,nosuid,nodev")},
		{"mount", "type=bind,src=a,destination=/b,ro=false,rw=true,exec=false", bind("/home/me/a", "/b", "rbind,nosuid,nodev,noexec")},
		{"mount", `type=bind,"src=/a,""b""",dst=/b,bind-nonrecursive,relabel=shared`, bind(`/a,"b"`, "/b", "bind,nosuid,nodev")},
		{"mount", "type=bind,src=/a,dst=/b,bind-propagation=rprivate,bind-recursive=disabled,chown=false", bind("/a", "/b", "bind,nosuid,nodev")},
		{"mount", "type=tmpfs,dst=/b,tmpfs-size=1m,tmpfs-mode=700,ro", tmpfs("/b", "nosuid,nodev,noexec,size=1024k,mode=700,ro")},
		{"mount", "type=devpts,dst=/b,gid=3,mode=0600", specs.Mount{Destination: "/b", Type: "devpts", Source: "devpts",
			Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "gid=3", "mode=0600"}}},
		{"tmpfs", "/b", tmpfs("/b", "nosuid,nodev,noexec")},
		{"tmpfs", "/b:exec,suid,size=1g,size=50%,uid=3", tmpfs("/b", "nodev,size=50%,uid=3")},
		{"tmpfs", "/b:rw,nr_inodes=10k,notmpcopyup", tmpfs("/b", "nosuid,nodev,noexec,nr_inodes=10240")},
		{"device", "/dev/fuse", bind("/dev/fuse", "/dev/fuse", "rbind,nosuid,noexec,dev")},
		{"device", "/dev/a:/dev/b:rw", bind("/dev/a", "/dev/b", "rbind,nosuid,noexec,dev")},
		{"device", "/dev/a:rwm", bind("/dev/a", "/dev/a", "rbind,nosuid,noexec,dev")},
	} {
		t.Run(tt.flag+" "+tt.value, func(t *testing.T) {
			list := []string{tt.value}
			f := FileFlags{}
			*map[string]*[]string{"volume": &f.Volume, "mount": &f.Mount, "tmpfs": &f.Tmpfs, "device": &f.Device}[tt.flag] = list
			spec, _ := mustSpec(t, &Flags{FileFlags: f}, here())
			at := slices.IndexFunc(spec.Mounts, func(m specs.Mount) bool { return m.Destination == tt.want.Destination })
			if at < 0 {
				t.Fatalf("nothing at %s: %v", tt.want.Destination, spec.Mounts)
			}
			got, _ := json.Marshal(spec.Mounts[at])
			want, _ := json.Marshal(tt.want)
			if string(got) != string(want) {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// A directory that is mounted after what lies below it would hide it.
func TestParentsAreMountedFirst(t *testing.T) {
	spec, _ := mustSpec(t, &Flags{FileFlags: FileFlags{Volume: []string{"/1:/dev/x/y", "/2:/a/b", "/3:/a", "/4:/dev/x", "/5:/dev"}}}, here())
	for i, m := range spec.Mounts {
		for _, later := range spec.Mounts[i+1:] {
			if strings.HasPrefix(m.Destination, later.Destination+"/") {
				t.Errorf("%s is mounted before %s", m.Destination, later.Destination)
			}
		}
	}
}

func TestHostRoot(t *testing.T) {
	in := here()
	in.Rootfs = "/../."
	in.Environ = []string{"SSH_AUTH_SOCK=x", "GNOME_KEYRING_SOCK=x", "DBUS_SESSION_BUS_ADDRESS=x", "XDG_RUNTIME_DIR=/run/user/1", "GPG_AGENT_INFO=x",
		"PATH=/usr/games", "SOCK=kept", "container=podman", "no equals"}
	spec, extra := mustSpec(t, &Flags{}, in)
	if want := []string{"PATH=/usr/games", "SOCK=kept", "container=urun", "HOSTNAME=urun"}; !slices.Equal(spec.Process.Env, want) {
		t.Errorf("environment %q, want %q", spec.Process.Env, want)
	}
	if !extra.HostRoot || extra.Userns != "keep-id" || spec.Process.Cwd != "/home/me" || extra.RuntimeDir != "" {
		t.Errorf("got %+v, cwd %s", extra, spec.Process.Cwd)
	}
	for _, dir := range []string{"/run", "/tmp", "/var/tmp", "/dev/shm"} {
		if !slices.ContainsFunc(spec.Mounts, func(m specs.Mount) bool { return m.Destination == dir && m.Type == "tmpfs" }) {
			t.Errorf("%s is the host's", dir)
		}
	}
}

func TestRuntimeDirOfTheHostIsCovered(t *testing.T) {
	for dir, covered := range map[string]bool{
		"/srv/run": true, "/home/me/.run": true,
		"/run/user/1": false, "/tmp/run": false, "/": false, "relative": false, "": false, "/home": false, "/home/me": false, "/no/such": false,
	} {
		in := here()
		in.Rootfs, in.Environ = "/", []string{"XDG_RUNTIME_DIR=" + dir}
		in.IsDir = func(path string) bool { return path != "/no/such" }
		spec, _ := mustSpec(t, &Flags{}, in)
		got := slices.ContainsFunc(spec.Mounts, func(m specs.Mount) bool { return m.Destination == dir })
		if got != covered {
			t.Errorf("%q: covered %v, want %v", dir, got, covered)
		}
	}
}

func TestHostnames(t *testing.T) {
	for _, tt := range []struct{ name, hostname, id, want string }{
		{"", "", "", "urun"},
		{"", "", "0123456789abcdef", "0123456789ab"},
		{"web", "", "0123456789abcdef", "web"},
		{"web_1", "", "0123456789abcdef", "0123456789ab"},
		{"web", "db.example", "0123456789abcdef", "db.example"},
		{"", "", "not valid at all", "urun"},
	} {
		in := here()
		in.ID = tt.id
		spec, _ := mustSpec(t, &Flags{ProcessFlags: ProcessFlags{Name: tt.name, Hostname: tt.hostname}}, in)
		if spec.Hostname != tt.want {
			t.Errorf("%+v: got %q", tt, spec.Hostname)
		}
	}
}

func TestTerminal(t *testing.T) {
	yes, no := true, false
	for _, tt := range []struct {
		in, out bool
		flag    *bool
		want    bool
	}{
		{true, true, nil, true}, {true, false, nil, false}, {false, true, nil, false}, {false, false, nil, false},
		{true, true, &no, false}, {false, false, &yes, true},
	} {
		in := here()
		in.TerminalIn, in.TerminalOut = tt.in, tt.out
		spec, _ := mustSpec(t, &Flags{ProcessFlags: ProcessFlags{TTY: tt.flag}}, in)
		_, hasTerm := lookup(spec.Process.Env, "TERM")
		if spec.Process.Terminal != tt.want || hasTerm != tt.want {
			t.Errorf("%+v: terminal %v, TERM %v", tt, spec.Process.Terminal, hasTerm)
		}
	}
}

func TestEnvFile(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) string {
		t.Helper()
		file := filepath.Join(dir, "env")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	file := write("\ufeff# comment\n\n  A=1\r\nB= two words \nMINE\nYOURS\nC=\"x\"\nD=#\nPATH=/p")
	spec, _ := mustSpec(t, &Flags{ProcessFlags: ProcessFlags{EnvFile: []string{file}, Env: []string{"A=2"}}}, here())
	want := []string{"PATH=/p", "HOSTNAME=urun", "container=urun", "A=2", "B= two words ", "MINE=1", `C="x"`, "D=#"}
	if !slices.Equal(spec.Process.Env, want) {
		t.Errorf("got  %q\nwant %q", spec.Process.Env, want)
	}
	for text, want := range map[string]string{"A=1\nB C=2": "line 2: a blank", "=x": "line 1: the name is empty", "A=x\x00y": "NUL", "export A=1": "blank"} {
		_, _, err := FromFlags(&Flags{ProcessFlags: ProcessFlags{EnvFile: []string{write(text)}}}, here())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestNumericUsersOnly(t *testing.T) {
	for user, want := range map[string][2]uint32{
		"0": {0, 0}, "1000": {1000, 0}, "1000:5": {1000, 5}, "65534:65534": {65534, 65534}, "4294967294": {4294967294, 0},
	} {
		uid, gid, ok := numericUser(user)
		if !ok || uid != want[0] || gid != want[1] {
			t.Errorf("%q: %d %d %v", user, uid, gid, ok)
		}
	}
	for _, user := range []string{"", "0x1", "01", "+1", "-1", "1:", ":1", "1:x", "4294967295", "4294967296", "99999999999", "root", "1 ", "1\n"} {
		if uid, gid, ok := numericUser(user); ok {
			t.Errorf("%q became %d:%d", user, uid, gid)
		}
	}
}

func TestCapabilities(t *testing.T) {
	for _, tt := range []struct {
		add, drop []string
		want      []string
	}{
		{nil, nil, defaultCaps},
		{nil, []string{"all"}, nil},
		{[]string{"ALL"}, nil, allCaps},
		{[]string{"chown", "CAP_KILL"}, []string{"ALL"}, []string{"CAP_CHOWN", "CAP_KILL"}},
		{[]string{"Kill,chown"}, []string{"ALL"}, []string{"CAP_CHOWN", "CAP_KILL"}},
		{[]string{"ALL"}, allCaps[1:], allCaps[:1]},
		{nil, defaultCaps[1:], defaultCaps[:1]},
		{[]string{"chown", "chown"}, defaultCaps[1:], defaultCaps[:1]},
	} {
		got, err := mergeCaps(tt.add, tt.drop)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("+%v -%v: got %v, %v, want %v", tt.add, tt.drop, got, err, tt.want)
		}
	}
	if len(allCaps) != 41 || slices.Contains(defaultCaps, "CAP_SYS_ADMIN") {
		t.Error("the tables are wrong")
	}
}

// The unsupported flags must not name one that the groups have; cmd/urun tests that. Here: that each has a sentence.
func TestUnsupported(t *testing.T) {
	for _, flag := range []string{"--privileged", "--restart", "--detach-keys", "--sig-proxy", "-a", "--ip", "--link", "--memory-swappiness", "--cgroupns", "--rootfs", "--unshare-all"} {
		if why, ok := Unsupported(flag); !ok || why == "" {
			t.Errorf("%s: %q %v", flag, why, ok)
		}
	}
	for _, flag := range []string{"", "--", "--volum", "privileged", "--mem", "-d", "--detach", "--rm", "--replace", "--timeout", "--stop-signal", "--stop-timeout",
		"--log-driver", "--log-opt", "--cidfile", "--pidfile"} {
		if why, ok := Unsupported(flag); ok {
			t.Errorf("%q: %q", flag, why)
		}
	}
}

// People come with a command line of another tool: what they get has to be what they write instead.
func TestFlagsOfOtherToolsHaveAnEquivalent(t *testing.T) {
	for flag, want := range map[string]string{
		"--attach": "urun attach", "-a": "urun attach", "--tz": "--env TZ=", "--detach-keys": "urun attach has it", "--sig-proxy": "--no-sig-proxy",
		"--conmon-pidfile": "--pidfile", "--restart": "Restart=always", "--sdnotify": "Type=exec",
		"--setenv": "-e NAME=VALUE", "--chdir": "-w DIR", "--bind": "-v SRC:DST;", "--ro-bind": "-v SRC:DST:ro", "--unshare-net": "write --net none",
		"--unshare-user": "the default", "--unshare-pid": "the default", "--symlink": "in ROOTFS", "--clearenv": "the default", "--map-root-user": "--userns single",
		"-r": "--userns single", "--map-auto": "--userns auto", "--mount-proc": "the default", "--fork": "the default", "--new-session": "the default", "--die-with-parent": "setpriv",
	} {
		if why, _ := Unsupported(flag); !strings.Contains(why, want) {
			t.Errorf("%s: %q lacks %q", flag, why, want)
		}
	}
	for flag, want := range map[string]string{"-m": "urun unshare unshare", "--fork": "urun unshare unshare", "-r": "--userns single", "--user": "leave it out"} {
		if why, _ := UnsupportedByUnshare(flag); !strings.Contains(why, want) {
			t.Errorf("unshare %s: %q lacks %q", flag, why, want)
		}
	}
}

// The first row with a flag is the one that is read.
func TestAFlagHasOneSentence(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range slices.Concat(unsupported, sandboxes) {
		for flag := range strings.FieldsSeq(row.flags) {
			if seen[flag] {
				t.Errorf("%s is there twice", flag)
			}
			seen[flag] = true
		}
	}
}
