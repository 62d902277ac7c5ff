package image

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// full has every field set.
func fullRecord() Record {
	r := made("x", "a", "b")
	r.Created, r.Flat, r.Layers[1].Owners = "2026-01-01T00:00:00Z", true, true
	r.Config = Config{
		User: "u:g", Env: []string{"A=\"quoted\"\n", `B=\`, "C=é\u2028<>&"}, Entrypoint: []string{"/e"}, Cmd: []string{}, WorkingDir: "/w", Volumes: []string{"/v"},
		ExposedPorts: []string{"80/tcp"}, Labels: map[string]string{"a": "b", `"`: "\x01"}, StopSignal: "SIGINT",
		Healthcheck: &Healthcheck{Test: []string{"CMD", "x"}, Interval: 1e9, Timeout: 2, StartPeriod: 3, Retries: 4},
	}
	return r
}

// A field that is added to a type and forgotten in the reader shows here: every one has to be set, and to come back.
func TestRecordsComeBackAsTheyWereWritten(t *testing.T) {
	r := fullRecord()
	for _, v := range []any{r, r.Layers[1], r.Config, *r.Config.Healthcheck, Entry{"n", someDigest, time.Now(), "s"}} {
		for i := range reflect.TypeOf(v).NumField() {
			if f := reflect.ValueOf(v).Field(i); f.IsZero() {
				t.Errorf("%T has a field %s that is not tried", v, reflect.TypeOf(v).Field(i).Name)
			}
		}
	}
	same(t, r)
	same(t, Record{})
	e := Entry{Name: "localhost/é\"\\:1", Manifest: someDigest, Pulled: time.Now(), Stamp: "1 2"}
	text, err := json.Marshal(e)
	must(t, err)
	got, err := decodeEntry(string(text))
	if err != nil || !got.Pulled.Equal(e.Pulled) || got.Name != e.Name || got.Manifest != e.Manifest || got.Stamp != e.Stamp {
		t.Errorf("%+v, %v", got, err)
	}
}

// same fails the test unless a record is read as encoding/json does.
func same(t *testing.T, r Record) {
	t.Helper()
	for _, indent := range []string{"", " \t\n"} {
		text, err := json.MarshalIndent(r, "", indent)
		must(t, err)
		var want Record
		must(t, json.Unmarshal(text, &want))
		if got, err := decodeRecord(string(text)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nis read as\n%+v\nand not\n%+v: %v", text, got, want, err)
		}
	}
}

func TestATornRecordIsNoRecord(t *testing.T) {
	text, err := json.Marshal(fullRecord())
	must(t, err)
	for i := range text {
		if r, err := decodeRecord(string(text[:i])); err == nil {
			t.Errorf("%d bytes of it are %+v", i, r)
		}
	}
	for _, bad := range []string{string(text) + "x", string(text) + string(text), "[]", `""`, "1", `{"id":1}`, `{"id" "x"}`, `{"flat":yes}`, `{"layers":{}}`, `{"layers":[1]}`, `{"x":` + strings.Repeat("[", 1<<20),
		`{"id":"\q"}`, `{"x":nul}`, `{"layers":[{"size":1e3}]}`, `{"layers":[{"size":99999999999999999999}]}`, `{"id":"x",}`, `{"layers":[{},]}`} {
		if _, err := decodeRecord(bad); err == nil {
			t.Errorf("%.60s: no error", bad)
		}
	}
	if r, err := decodeRecord(`{"new":{"a":[1,"x",{}],"b":null,"c":-1.5e3,"d":true},"id":"x"}`); err != nil || r.ID != "x" {
		t.Errorf("a field of a newer urun: %+v, %v", r, err)
	}
}

func FuzzDecode(f *testing.F) {
	text, err := json.Marshal(fullRecord())
	must(f, err)
	f.Add(text)
	f.Add([]byte(`{"config":{"env":null,"labels":null},"layers":[{"size":-1}],"x":{"y":[1,2]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, _ = decodeEntry(string(text))
		_, _ = decodeRecord(string(text)) // it takes some things that are no JSON, and has to end
		var r Record
		if json.Unmarshal(text, &r) == nil {
			same(t, r)
		}
	})
}
