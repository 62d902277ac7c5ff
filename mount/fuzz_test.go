package mount

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Every option ends up somewhere: in the attributes, in what is for the file system, or in an error that names it.
func FuzzParseOptions(f *testing.F) {
	for _, s := range []string{
		"", "ro", "ro,rw", "rbind,rro,nosuid", "bind,ro,noexec", "mode=755,size=64k", "shared", "rslave,ro", "idmap", "remount,rw", "strictatime,relatime,noatime", "suid,nosuid,suid", "defaults,private",
		"ro=true", "NOSUID", "nosuid ", "upperdir=/x", "userxattr", "dev,nodev", "ridmap=uids=0-0-1", "mand", "\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list := strings.Split(s, ",")
		o, err := ParseOptions(list)
		no := slices.IndexFunc(list, func(name string) bool { return refused[name] != "" })
		if (err != nil) != (no >= 0) {
			t.Fatalf("%q: %v", list, err)
		}
		if err != nil {
			if !strings.Contains(err.Error(), fmt.Sprintf("%q", list[no])) || o.Set|o.Clear != 0 {
				t.Fatalf("%q: %+v, %v", list, o, err)
			}
			return
		}
		if o.Set&o.Clear&^attributes["relatime"].clear != 0 { // what tells of access times is one number
			t.Fatalf("%q sets and clears %#x", list, o.Set&o.Clear)
		}
		// The last one of a kind counts.
		for _, name := range list {
			a, ok := attributes[name]
			if !ok && name != "" && !ignored[name] && name != "bind" && name != "rbind" && !slices.Contains(o.Data, name) {
				t.Fatalf("%q: nothing became of %q: %+v", list, name, o)
			}
			if ok && slices.Contains(o.Data, name) {
				t.Fatalf("%q: %q is for the file system: %+v", list, name, o)
			}
			i := slices.Index(list, name)
			later := slices.ContainsFunc(list[i+1:], func(n string) bool { return attributes[n].set&a.clear|attributes[n].clear&a.set != 0 })
			if !later && (o.Set&a.set != a.set || o.Set&a.clear&^a.set != 0) {
				t.Fatalf("%q: %q was the last word, and set is %#x", list, name, o.Set)
			}
		}
	})
}

// escape writes a path as mangle_path() of fs/seq_file.c does.
func escape(path string) string {
	return strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`).Replace(path)
}

// A mount point is read as the kernel knows it, whatever the user who mounted there has called the directory.
func FuzzNamesOfMountPoints(f *testing.F) {
	for _, s := range []string{"/", "/a b", "/a\tb", "/a\nb - tmpfs", `/a\040b`, `/\`, `/\\`, "/\xff\x1b[2J", "/a\rb", "/é", "/ ", `/\134040`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if path == "" {
			return
		}
		got, err := MountPoints(strings.NewReader("22 1 254:0 / " + escape(path) + " rw,relatime - ext4 /dev/vda rw\n23 22 0:5 / /proc rw - proc proc rw\n"))
		if err != nil || !slices.Equal(got, []string{path, "/proc"}) {
			t.Fatalf("%q: %q, %v", path, got, err)
		}
	})
}
