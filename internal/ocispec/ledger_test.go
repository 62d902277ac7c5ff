package ocispec

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

//go:generate go test -run TestConformancePage -update

var update = flag.Bool("update", false, "write docs/spec-conformance.md instead of comparing it")

// fieldPaths visits every field below a type: the path, and whether the visitor wants to see what is below.
func fieldPaths(t reflect.Type, prefix string, visit func(path string, leaf bool) (descend bool)) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		path, below := prefix+name, f.Type
		if f.Anonymous && name == "" {
			fieldPaths(below, prefix, visit)
			continue
		}
		for below.Kind() != reflect.Struct {
			switch below.Kind() {
			case reflect.Pointer:
				below = below.Elem()
				continue
			case reflect.Slice:
				if e := below.Elem(); e.Kind() == reflect.Struct {
					path += "[]"
					below = e
					continue
				}
			case reflect.Map:
				if e := below.Elem(); e.Kind() == reflect.Struct {
					path += "{}"
					below = e
					continue
				}
			}
			break
		}
		leaf := below.Kind() != reflect.Struct
		if visit(path, leaf) && !leaf {
			fieldPaths(below, path+".", visit)
		}
	}
}

func bare(path string) string { return strings.TrimSuffix(strings.TrimSuffix(path, "[]"), "{}") }

// A field that the next version of the runtime specification brings must be thought about before urun accepts it.
func TestLedgerHasEveryFieldOfTheSpecification(t *testing.T) {
	rows := map[string]Row{}
	for _, row := range Ledger() {
		if _, twice := rows[row.Path]; twice {
			t.Errorf("%s is there twice", row.Path)
		}
		rows[row.Path] = row
	}
	fieldPaths(reflect.TypeFor[specs.Spec](), "", func(path string, leaf bool) bool {
		row, ok := rows[path]
		if !ok {
			path = bare(path)
			row, ok = rows[path]
		}
		delete(rows, path)
		switch {
		case !ok && leaf:
			t.Errorf("the ledger lacks %s", path)
		case ok && !leaf && row.Status == Supported:
			t.Errorf("%s has fields of its own, and each needs its row", path)
		}
		return !ok
	})
	for path := range rows {
		t.Errorf("the specification has no %s", path)
	}
}

func TestLedgerSaysWhy(t *testing.T) {
	for _, row := range Ledger() {
		if row.Status != Supported && row.Why == "" {
			t.Errorf("%s is %s without a reason", row.Path, row.Status)
		}
		if (row.set != nil) != (row.Status == Refused) {
			t.Errorf("%s is %s; a refused row has a test, no other", row.Path, row.Status)
		}
	}
}

// A row is worth nothing when no specification meets it: each refused field is set in turn, and Check has to name it.
func TestCheckRefusesWhatTheLedgerRefuses(t *testing.T) {
	refused := 0
	for _, row := range Ledger() {
		spec := &specs.Spec{}
		fill(reflect.ValueOf(spec).Elem(), strings.Split(row.Path, "."))
		err := Check(spec)
		switch row.Status {
		case Refused:
			refused++
			if err == nil || !strings.HasPrefix(err.Error(), row.Path+" is not supported: ") {
				t.Errorf("%s: got %v", row.Path, err)
			}
		default:
			if err != nil {
				t.Errorf("%s is %s, and Check says %v", row.Path, row.Status, err)
			}
		}
	}
	if refused < 25 {
		t.Errorf("only %d rows are refused", refused)
	}
}

// Generators write empty objects, and the rule that denies all devices.
func TestCheckAcceptsWhatAsksForNothing(t *testing.T) {
	spec := &specs.Spec{Hooks: &specs.Hooks{}, Linux: &specs.Linux{Resources: &specs.LinuxResources{
		Memory: &specs.LinuxMemory{}, CPU: &specs.LinuxCPU{}, Pids: &specs.LinuxPids{}, BlockIO: &specs.LinuxBlockIO{}, Network: &specs.LinuxNetwork{},
		Devices: []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}, {Allow: false, Type: "a"}},
	}}}
	if err := Check(spec); err != nil {
		t.Error(err)
	}
	if err := Check(&specs.Spec{}); err != nil {
		t.Error(err)
	}
}

// fill makes the field at a path ask for something; below its last name everything is filled.
func fill(v reflect.Value, path []string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), path)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), path)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		element := reflect.New(v.Type().Elem()).Elem()
		fill(element, path)
		key := reflect.New(v.Type().Key()).Elem()
		key.SetString("x")
		v.SetMapIndex(key, element)
	case reflect.Struct:
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			switch {
			case len(path) == 0:
				fill(v.Field(i), nil)
			case name == bare(path[0]):
				fill(v.Field(i), path[1:])
			}
		}
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Interface:
		v.Set(reflect.ValueOf("x"))
	default:
		v.Set(reflect.ValueOf(1).Convert(v.Type()))
	}
}

func TestConformancePage(t *testing.T) {
	const file = "../../docs/spec-conformance.md"
	rows := Ledger()
	slices.SortStableFunc(rows, func(a, b Row) int { return strings.Compare(a.Path, b.Path) })
	var b strings.Builder
	fmt.Fprintf(&b, "# The runtime specification, field by field\n\nWhat urun does with a config.json of the OCI runtime specification %s. Made from the ledger in `internal/ocispec`\n"+
		"by `go generate ./internal/ocispec`; a field that is refused or ignored stands for all below it.\n\n| field | | |\n|---|---|---|\n", SpecVersion)
	for _, row := range rows {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", row.Path, row.Status, row.Why)
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Errorf("%s is not what the ledger says; go generate ./internal/ocispec writes it", file)
	}
}
