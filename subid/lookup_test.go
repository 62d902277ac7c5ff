package subid

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// machine makes the files of a system and returns where they are. A name that is
// missing in files is a file that is missing.
func machine(t *testing.T, files map[string]string) Files {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	f := Files{
		Subuid: at("subuid"), Subgid: at("subgid"), Nsswitch: at("nsswitch.conf"), Passwd: at("passwd"),
		Getsubids: "no-such-getsubids", Getent: "no-such-getent", Deadline: 10 * time.Second,
	}
	if _, ok := files["getsubids"]; ok {
		f.Getsubids = at("getsubids")
	}
	if _, ok := files["getent"]; ok {
		f.Getent = at("getent")
	}
	return f
}

const answers = "#!/bin/sh\ncase \"$*\" in\nbob) echo '0: bob 200000 100';;\n'-g bob') echo '0: bob 300000 100'; echo '1: bob 400000 5';;\n1000) echo '0: 1000 9 9';;\n*) exit 9;;\nesac\n"

func TestLookupAsksWhereTheIDsAreKept(t *testing.T) {
	local := map[string]string{"subuid": "bob:100000:65536\n", "subgid": "bob:500000:65536\n"}
	with := func(more ...string) map[string]string {
		files := map[string]string{"subuid": local["subuid"], "subgid": local["subgid"]}
		for i := 0; i < len(more); i += 2 {
			files[more[i]] = more[i+1]
		}
		return files
	}
	for _, c := range []struct {
		name   string
		files  map[string]string
		kind   Kind
		user   string
		source string
		want   []Range
	}{
		{"no nsswitch.conf", with(), UIDs, "bob", "subuid", []Range{{100000, 65536}}},
		{"group ids", with(), GIDs, "bob", "subgid", []Range{{500000, 65536}}},
		{"no subid line", with("nsswitch.conf", "passwd: files sss\n", "getsubids", answers), UIDs, "bob", "subuid", []Range{{100000, 65536}}},
		{"files", with("nsswitch.conf", "subid: files # sss\n", "getsubids", answers), UIDs, "bob", "subuid", []Range{{100000, 65536}}},
		{"commented out", with("nsswitch.conf", "#subid: sss\n", "getsubids", answers), UIDs, "bob", "subuid", []Range{{100000, 65536}}},
		{"a directory service", with("nsswitch.conf", "group: files\n  subid :\tsss\n", "getsubids", answers), UIDs, "bob", "getsubids (sss)", []Range{{200000, 100}}},
		{"a directory service, group ids", with("nsswitch.conf", "subid: sss", "getsubids", answers), GIDs, "bob", "getsubids (sss)", []Range{{300000, 100}, {400000, 5}}},
		{"files first", with("nsswitch.conf", "subid: files [NOTFOUND=return ] sss", "getsubids", answers), UIDs, "bob", "getsubids (sss)", []Range{{200000, 100}}},
		{"files first, no getsubids", with("nsswitch.conf", "subid: files sss"), UIDs, "bob", "subuid", []Range{{100000, 65536}}},
		{"no name", with("nsswitch.conf", "subid: sss", "getsubids", answers), UIDs, "", "getsubids (sss)", []Range{{9, 9}}},
		{"no files", nil, UIDs, "bob", "subuid", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := machine(t, c.files)
			got, err := f.Lookup(c.kind, c.user, 1000)
			if err != nil || !slices.Equal(got.Ranges, c.want) || !strings.HasSuffix(got.Source, c.source) {
				t.Errorf("got %v from %s, %v, want %v from %s", got.Ranges, got.Source, err, c.want, c.source)
			}
		})
	}
}

func TestLookupSaysWhatIsWrong(t *testing.T) {
	script := func(body string) map[string]string {
		return map[string]string{"nsswitch.conf": "subid: sss\n", "getsubids": "#!/bin/sh\n" + body + "\n"}
	}
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"a malformed line", map[string]string{"subuid": "alice:1:1\nbob:x:1\n"}, `subuid: line 2: the first id is "x", not a decimal number`},
		{"no getsubids", map[string]string{"nsswitch.conf": "subid: sss\n", "subuid": "bob:1:1\n"}, "ask sss for subordinate ids, as the subid line of "},
		{"getsubids fails", script("echo Error fetching ranges >&2; exit 1"), `exit status 1: "Error fetching ranges"`},
		{"getsubids fails silently", script("exit 3"), "getsubids bob: exit status 3"},
		{"getsubids is not a program", map[string]string{"nsswitch.conf": "subid: sss\n", "getsubids": ""}, "exec format error"},
		{"getsubids answers something else", script("echo hello"), `answered "hello", not "0: name first-id count"`},
		{"getsubids answers nonsense", script("echo 0: bob 5 x"), `answered in line 1: the count is "x", not a decimal number`},
		{"getsubids hangs", script("exec sleep 60"), "no answer within 200ms"},
		{"getsubids leaves its pipe to another", script("sleep 5 & exec sleep 60"), "no answer within 200ms"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := machine(t, c.files)
			if strings.Contains(c.want, "200ms") {
				f.Deadline = 200 * time.Millisecond
			}
			start := time.Now()
			got, err := f.Lookup(UIDs, "bob", 1000)
			if err == nil || !strings.Contains(err.Error(), c.want) || got.Ranges != nil {
				t.Errorf("got %v, %v, want an error with %s", got.Ranges, err, c.want)
			}
			if took := time.Since(start); took > 4*time.Second {
				t.Errorf("took %s", took)
			}
			if got.Source == "" {
				t.Error("the error comes without its source")
			}
		})
	}
}

func TestNameOfAUser(t *testing.T) {
	passwd := "root:x:0:0::/:/bin/sh\n:x:1000:0::/:\nbob:x:1000:1000:Bob:/home/bob:/bin/sh\nbobby:x:1000:1:::\n"
	getent := "#!/bin/sh\n[ \"$*\" = 'passwd 2000' ] && echo 'carol@corp:*:2000:2000::/:/bin/sh' && exit\nexit 2\n"
	directory := map[string]string{"passwd": passwd, "nsswitch.conf": "passwd: files sss\n", "getent": getent}
	for _, c := range []struct {
		name  string
		files map[string]string
		uid   uint32
		want  string
	}{
		{"the first entry", map[string]string{"passwd": passwd}, 1000, "bob"},
		{"no entry", map[string]string{"passwd": passwd}, 2000, ""},
		{"no file", nil, 1000, ""},
		{"local before the directory", directory, 1000, "bob"},
		{"directory", directory, 2000, "carol@corp"},
		{"not in the directory", directory, 3000, ""},
		{"directory not named", map[string]string{"passwd": passwd, "nsswitch.conf": "passwd: files\n", "getent": getent}, 2000, ""},
		{"no getent", map[string]string{"passwd": passwd, "nsswitch.conf": "passwd: files sss\n"}, 2000, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := machine(t, c.files).Name(c.uid)
			if err != nil || got != c.want {
				t.Errorf("got %q, %v, want %q", got, err, c.want)
			}
		})
	}
}

func BenchmarkLookup(b *testing.B) {
	f := Default()
	f.Getsubids = "no-such-getsubids"
	b.ReportAllocs()
	for b.Loop() {
		name, _ := f.Name(uint32(os.Getuid()))
		f.Lookup(UIDs, name, uint32(os.Getuid()))
		f.Lookup(GIDs, name, uint32(os.Getuid()))
	}
}
