package state

import (
	"os"
	"strings"
	"testing"
)

// Whatever is in the record of a container that runs, it is found by its id, nothing of it is anybody else's, and what is
// believed of it survives being written and read.
func FuzzRecordsInTheirDirectory(f *testing.F) {
	for _, s := range []string{
		"", "{}", "null", `{"id":"aa"}`, `{"id":"ab"}`, `{"id":"aa","name":"web","life":{"exit_code":-1,"ended":"2026-01-02T03:04:05Z"},"wishes":{"keep":true}}`,
		`{"id":"aa","life":null,"wishes":[]}`, `{"id":"aa","life":{"started":"x"}}`, `{"id":"aa","wishes":{"stop_timeout":-1,"files":["",".",null]}}`,
		`{"id":"aa","alive":false,"Alive":false}`, `{"id":"aa","newer":{"a":[1e400]}}`, "{\"id\":\"aa\",\"name\":\"\\u0000\xff\\ud800\"}", `{"id":"aa","network":{"ports":[{"host_port":65536}]}}`,
		`{"id":"aa","life":{"rung":"one id","losses":[{"property":"ids","lost":"a\n","who":"you"},null,{}]}}`, `{"id":"aa","life":{"losses":[{"lost":[]}]}}`,
		`{"ID":"aa","Id":"../aa"}`, strings.Repeat("[", 20000),
	} {
		f.Add([]byte(s))
	}
	d, err := Open([]string{f.TempDir() + "/urun"})
	must(f, err)
	e, err := d.Add(Record{ID: "aa"})
	must(f, err)
	f.Cleanup(e.Close)
	f.Fuzz(func(t *testing.T, content []byte) {
		must(t, os.WriteFile(d.path+"/aa/state.json", content, 0o600))
		list, err := d.List(func(r Record) { t.Fatalf("%q: %+v was collected", content, r) })
		if err != nil || len(list) != 1 || list[0].ID != "aa" || !list[0].Alive {
			t.Fatalf("%q: got %+v, %v", content, list, err)
		}
		r := list[0]
		for _, name := range []string{"aa", "a"} {
			if got, err := d.Find(name, nil); r.Name != name && (err != nil || got.ID != "aa") {
				t.Fatalf("%q: got %+v, %v", content, got, err)
			}
		}
		again := Entry{dir: e.dir, Record: r}
		must(t, again.Save())
		if got := d.one("aa"); got.torn || got.Called() != r.Called() || len(got.Files) != len(r.Files) || !got.Ended.Equal(r.Ended) || got.ExitCode != r.ExitCode {
			t.Fatalf("%q: %+v became %+v", content, r, got.Record)
		}
	})
}
