package state

import (
	"encoding/json"
	"reflect"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// What was written is read as encoding/json reads it.
func TestDecodeIsJSON(t *testing.T) {
	for _, v := range []any{new(Record), new(specs.Process), new(Network)} {
		for depth := range 7 {
			full(reflect.ValueOf(v).Elem(), depth)
			b, err := encode(v)
			if err != nil {
				t.Fatal(err)
			}
			same(t, b, reflect.TypeOf(v).Elem())
		}
	}
	for _, s := range []string{``, ` `, `{`, `{}`, ` { } `, `{"id":1}`, `{"id":null,"command":null}`, `{"id":"a","id":"b"}`, `{"pid":1e2}`, `{"pid":01}`, `{"pid":-0}`, `{"pid":1.5}`,
		`{"pid":99999999999999999999}`, `{"command":{}}`, `{"command":["a",]}`, `{"command":["a" "b"]}`, `{"x":[[[{"y":tru}]]]}`, `{"x":[[[{"y":true}]]]}`, `{"id":"\ud800"}`, `{"id":"\x"}`,
		`{"id":"a"}x`, `{"id":"a",}`, `[]`, `"a"`, `null`, `{"created":"yesterday"}`, `{"created":"2026-01-02T03:04:05Z"}`, "{\"id\":\"\x01\"}", "{\"id\":\"\xff\"}", `{"life":{"exit_code":7,"notices":["x"]}}`,
		`{"network":{"ports":[{"host_port":70000}]}}`, `{"life":{"losses":[{"property":"ids","cause":null},null]}}`, `{"life":{"losses":{}}}`} {
		same(t, []byte(s), reflect.TypeFor[Record]())
	}
}

// same fails the test unless both read the same, or both refuse it.
func same(t *testing.T, b []byte, of reflect.Type) {
	t.Helper()
	got, want := reflect.New(of), reflect.New(of)
	err, wrong := decode(b, got.Interface()), json.Unmarshal(b, want.Interface())
	if (err == nil) != (wrong == nil) {
		t.Errorf("%q: %v, and encoding/json says %v", b, err, wrong)
	}
	if err == nil && !reflect.DeepEqual(got.Interface(), want.Interface()) {
		t.Errorf("%q: got\n%+v\nwant\n%+v", b, got.Elem(), want.Elem())
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"id":"a","pid":3,"command":["x"],"created":"2026-01-02T03:04:05Z","life":{"exit_code":1},"wishes":{"stop_timeout":5}}`, `{"network":{"mode":"none","ports":[{}]}}`, `{"life":{"losses":[{"lost":"x"}]}}`, `null`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var got, want Record
		err, wrong := decode(b, &got), json.Unmarshal(b, &want)
		if err == nil && wrong != nil && !folded(b) {
			t.Errorf("read, and encoding/json says %v", wrong)
		}
		if err == nil && wrong == nil && !reflect.DeepEqual(got, want) && !folded(b) {
			t.Errorf("got\n%+v\nwant\n%+v", got, want)
		}
	})
}

// folded tells of names that encoding/json takes for others because it does not mind their case.
func folded(b []byte) bool {
	for _, c := range b {
		if c >= 'A' && c <= 'Z' || c >= 0x80 || c == '\\' {
			return true
		}
	}
	return false
}
