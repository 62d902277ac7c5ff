package ocispec

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// A protection that a volume was to have is there, and none is gone that nobody took away.
func FuzzVolumeOptions(f *testing.F) {
	for _, s := range []string{"", "ro", "ro,Z", "rw", "readonly", "ro,rw", "suid,dev,exec", "nosuid,suid", "bind,ro", "noexec,noatime,nodiratime", "private", "shared", "U", "O", "idmap", ",", "ro,", "RO", "ro=1", "\x1b"} {
		f.Add(s)
	}
	b := &build{in: here(), extra: &Extra{}}
	f.Fuzz(func(t *testing.T, opts string) {
		if strings.Contains(opts, ":") {
			return
		}
		m, err := b.volume("/a:/b:" + opts)
		if err != nil {
			onePlainLine(t, "--volume", opts, err)
			return
		}
		held(t, opts, m, strings.Split(opts, ","))
	})
}

// held fails the test unless a bind mount has what the words ask for.
func held(t *testing.T, value string, m specs.Mount, words []string) {
	t.Helper()
	asked := func(word string) bool { return slices.Contains(words, word) }
	for option, want := range map[string]bool{
		"nosuid": !asked("suid"), "nodev": !asked("dev"), "noexec": asked("noexec"), "rbind": !asked("bind"), "bind": asked("bind"),
		"rro": (asked("ro") || asked("readonly")) && !asked("bind"), "ro": (asked("ro") || asked("readonly")) && asked("bind"),
	} {
		if got := slices.Contains(m.Options, option); got != want {
			t.Fatalf("%q gives %q: %s is %v", value, m.Options, option, got)
		}
	}
}

// The same of --mount, whose words may have a value.
func FuzzBindFields(f *testing.F) {
	for _, s := range []string{
		"ro", "ro=true", "readonly=1,bind-nonrecursive", "ro=false", "rw=false", "rw=true,ro", "suid=false", "nosuid=false", "dev", "nodev=0", "exec=F", "noexec=T", "bind-recursive=disabled", "bind-recursive=readonly",
		"bind-recursive=readonly,ro", "bind-recursive=writable", "bind-propagation=private", "bind-propagation=suid", "bind-propagation=", "relabel=private", "U=false", "idmap", "consistency=cached", "x=y", "ro=ro", "nosuid,suid=true",
	} {
		f.Add(s)
	}
	b := &build{in: here(), extra: &Extra{}}
	truth := map[string]string{"ro": "ro", "readonly": "ro", "rw": "rw", "suid": "suid", "nosuid": "nosuid", "dev": "dev", "nodev": "nodev", "exec": "exec", "noexec": "noexec", "bind": "bind", "rbind": "rbind", "bind-nonrecursive": "bind"}
	contrary := map[string]string{"ro": "rw", "rw": "ro", "suid": "nosuid", "nosuid": "suid", "dev": "nodev", "nodev": "dev", "exec": "noexec", "noexec": "exec", "bind": "rbind", "rbind": "bind"}
	f.Fuzz(func(t *testing.T, fields string) {
		if strings.Contains(fields, `"`) {
			return
		}
		m, err := b.mount("type=bind,src=/a,dst=/b," + fields)
		if err != nil {
			onePlainLine(t, "--mount", fields, err)
			return
		}
		var words []string
		recursive := ""
		for _, field := range strings.Split(fields, ",") {
			key, value, given := strings.Cut(field, "=")
			word := truth[key]
			switch {
			case key == "bind-recursive":
				recursive = value
			case word != "" && (!given || strings.Contains(" 1 t T TRUE true True ", " "+value+" ")):
				words = append(words, word)
			case word != "":
				words = append(words, contrary[word])
			}
		}
		switch {
		case recursive == "readonly" && !slices.Contains(words, "ro"):
			t.Fatalf("%q gives %q, which can be written", fields, m.Options)
		case recursive != "" && (slices.Contains(words, "bind") || slices.Contains(words, "rbind")):
			return // twice the same thing; the last one counts
		case recursive == "disabled":
			words = append(words, "bind")
		}
		held(t, fields, m, words)
	})
}

var tmpfsOption = regexp.MustCompile(`^(size=[0-9]+[k%]?|nr_inodes=[0-9]+|mode=[0-7]+|[ug]id=[0-9]+|ro|no(atime|diratime|suid|dev|exec)|relatime|strictatime)$`)

// The kernel reads numbers up to the first letter that it does not know (memparse() of lib/cmdline.c), and refuses the rest.
func FuzzTmpfsOptions(f *testing.F) {
	for _, s := range []string{"", "size=64m", "size=1tib", "size=50%", "size=101%", "size=0", "nr_inodes=10k", "nr_inodes=10kb", "nr_inodes=1", "mode=1777", "mode=8", "mode=17777", "uid=0,gid=4294967295", "exec,suid,dev", "ro,rw", "tmpcopyup",
		"ro", "size=1k,size=2k", "notmpcopyup", "noswap", "size", "mode=", "huge=always", "\x1b", "size=1_0"} {
		f.Add(s)
	}
	b := &build{in: here(), extra: &Extra{}}
	f.Fuzz(func(t *testing.T, opts string) {
		m, err := b.tmpfs("/b:" + opts)
		if err != nil {
			onePlainLine(t, "--tmpfs", opts, err)
			return
		}
		seen := map[string]bool{}
		for _, o := range m.Options {
			name, _, _ := strings.Cut(o, "=")
			if !tmpfsOption.MatchString(o) || seen[name] {
				t.Fatalf("%q gives %q", opts, m.Options)
			}
			seen[name] = true
		}
		words := strings.Split(opts, ",")
		for no, yes := range map[string]string{"nosuid": "suid", "nodev": "dev", "noexec": "exec"} {
			if seen[no] == slices.Contains(words, yes) {
				t.Fatalf("%q gives %q: %s", opts, m.Options, no)
			}
		}
		if slices.Contains(words, "ro") != seen["ro"] {
			t.Fatalf("%q gives %q", opts, m.Options)
		}
	})
}
