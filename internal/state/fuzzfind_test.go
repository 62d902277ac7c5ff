package state

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Whatever name is asked for, the short way finds what a look at every record does, and nothing outside the directory.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"", "web", "a", "aa", "aab", "b", ".", "..", "../outside", "aa1/../../outside", "aa1/", "/", "lock", "swept", "name.web", "web\x00", "WEB", "bb3/../aa1", "\x1b", strings.Repeat("x", 300)} {
		f.Add(s)
	}
	top := f.TempDir()
	d, err := Open([]string{top + "/urun"})
	must(f, err)
	outside, err := Open([]string{top + "/outside"})
	must(f, err)
	for _, at := range []struct {
		d *Dir
		r Record
	}{{d, Record{ID: "aa1", Name: "web"}}, {d, Record{ID: "aab2"}}, {d, Record{ID: "bb3", Name: "aa"}}, {outside, Record{ID: "cc4", Name: "secret"}}} {
		e, err := at.d.Add(at.r)
		must(f, err)
		f.Cleanup(e.Close)
	}
	f.Fuzz(func(t *testing.T, name string) {
		list, err := d.List(nil)
		must(t, err)
		want, wrong := Pick(list, name)
		got, err := d.Find(name, nil)
		if (err == nil) != (wrong == nil) || got.ID != want.ID {
			t.Fatalf("%q is %q, %v, want %q, %v", name, got.ID, err, want.ID, wrong)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\n\x1b\x00") {
			t.Fatalf("%q: %q is not one plain line", name, err)
		}
	})
}

// What is written of a record is what encoding/json writes, and read back the same.
func FuzzEncode(f *testing.F) {
	for _, s := range []string{"", "a\"\\\x00\x1f", "\u2028\u2029<&>", "\xff\xc0\x80", "\ud7ff\U0010ffff", "\x7f", "\\u0000", "é"} {
		f.Add(s, s, int64(0), 137)
	}
	f.Add("web", "sh", int64(253402300799), -1)
	f.Fuzz(func(t *testing.T, name, word string, at int64, status int) {
		if at < 0 || at > 253402300799 {
			return // a clock that is set wrong shows years that JSON has not
		}
		r := Record{ID: "aa", Name: name, Command: []string{word, name}, Created: time.Unix(at, at%1e9).UTC(), Life: Life{ExitCode: status, Error: word}}
		b, err := encode(r)
		must(t, err)
		want, err := json.Marshal(r)
		must(t, err)
		var got, ours, theirs Record
		must(t, decode(b, &got))
		must(t, json.Unmarshal(b, &ours))
		must(t, json.Unmarshal(want, &theirs))
		if !reflect.DeepEqual(got, ours) || !reflect.DeepEqual(got, theirs) {
			t.Fatalf("%s became\n%+v\nand %s\n%+v", b, got, want, theirs)
		}
	})
}

// An exec reads the specification of a container, which whoever can write the caller's files can have changed.
func FuzzDecodeProcess(f *testing.F) {
	for _, s := range []string{`{"process":{"args":["sh"],"env":["A=1"],"cwd":"/","user":{"uid":1,"additionalGids":[5]},"capabilities":{"bounding":["CAP_KILL"]},"rlimits":[{"type":"RLIMIT_CPU","hard":18446744073709551615,"soft":1}]}}`,
		`{"process":{"user":{"uid":4294967296}}}`, `{"process":{"user":{"uid":-1}}}`, `{"process":{"consoleSize":null,"oomScoreAdj":-5}}`, `{"process":{"terminal":1}}`, `{"process":{"args":"sh"}}`, `{"linux":{"sysctl":{"a":1}}}`, `{"process":{}} {}`} {
		f.Add([]byte(s))
	}
	type spec struct {
		Process *specs.Process `json:"process"`
		Linux   *specs.Linux   `json:"linux"`
	}
	known := map[string]string{}
	fieldNames(reflect.TypeFor[spec](), known)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, word := range strings.Split(string(b), `"`) {
			if name := known[strings.ToLower(word)]; name != "" && name != word {
				return // encoding/json does not mind the case of a name
			}
		}
		if strings.Contains(string(b), `\`) || strings.ContainsFunc(string(b), func(r rune) bool { return r >= 0x80 }) {
			return // nor how it is written
		}
		var got, want spec
		err, wrong := decode(b, &got), json.Unmarshal(b, &want)
		if err == nil && (wrong != nil || !reflect.DeepEqual(got, want)) {
			t.Fatalf("%s: got\n%+v\nwant\n%+v, %v", b, got.Process, want.Process, wrong)
		}
	})
}

// fieldNames are those in JSON of all that a type has in it, by their small letters.
func fieldNames(t reflect.Type, into map[string]string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		fieldNames(t.Elem(), into)
	case reflect.Struct:
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			into[strings.ToLower(name)] = name
			fieldNames(t.Field(i).Type, into)
		}
	}
}
