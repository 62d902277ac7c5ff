package state

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// full sets every field of a struct, two levels of pointers, lists and maps deep.
func full(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Pointer:
		if depth > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			full(v.Elem(), depth-1)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(1e9, 5)))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				full(v.Field(i), depth)
			}
		}
	case reflect.Slice:
		if depth > 0 {
			v.Set(reflect.MakeSlice(v.Type(), 2, 2))
			full(v.Index(1), depth-1)
		}
	case reflect.Map:
		if depth > 0 {
			v.Set(reflect.MakeMap(v.Type()))
			value := reflect.New(v.Type().Elem()).Elem()
			full(value, depth-1)
			v.SetMapIndex(reflect.ValueOf("k\n<"), value)
			v.SetMapIndex(reflect.ValueOf("a"), value)
		}
	case reflect.String:
		v.SetString("a\"\\\x00\x1f\u00e9\u2028\xff<&>")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(-7)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(7)
	}
}

// What is written says the same as what encoding/json writes: of everything that a specification can hold, and of nothing.
func TestEncodeIsJSON(t *testing.T) {
	for _, v := range []any{new(Record), new(specs.Spec), new(Network)} {
		for depth := range 7 {
			if depth > 0 {
				full(reflect.ValueOf(v).Elem(), depth)
			}
			got, err := encode(v)
			if err != nil {
				t.Fatal(err)
			}
			want, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			var a, b any
			if err := json.Unmarshal(got, &a); err != nil {
				t.Fatalf("%T: %v in %s", v, err, got)
			}
			if err := json.Unmarshal(want, &b); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(a, b) {
				t.Errorf("%T, %d deep: got\n%s\nwant\n%s", v, depth, got, want)
			}
			if depth > 3 && len(got) < 300 {
				t.Errorf("%T, %d deep: only %s was compared", v, depth, got)
			}
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, v := range []any{make(chan int), map[int]string{1: ""}, struct{ F func() }{}} {
		if b, err := encode(v); err == nil || !strings.Contains(err.Error(), "JSON") {
			t.Errorf("%T: %s, %v", v, b, err)
		}
	}
}
