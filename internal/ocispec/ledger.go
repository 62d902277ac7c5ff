package ocispec

import (
	"errors"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Status is what urun does about a field of the runtime specification.
type Status uint8

// What urun does about a field.
const (
	Supported Status = iota // carried out
	Refused                 // an error that names the field
	Ignored                 // accepted, and nothing comes of it
)

func (s Status) String() string { return [...]string{"supported", "refused", "ignored"}[s] }

// Row is the ledger's word on one field, and on all below it when it is refused or ignored.
type Row struct {
	Path   string // the names of config.json, parted by dots; [] is every element of an array, {} every value of an object
	Status Status
	Why    string // why it is refused or ignored; for a supported one what is particular about it, mostly nothing

	set func(*specs.Spec) bool // whether a specification asks for it; refused rows only
}

// Ledger lists every field of [specs.Spec]. A test fails when the type has a field that is not here.
func Ledger() []Row {
	var rows []Row
	for _, part := range [][]Row{rootRows, processRows, linuxRows, resourceRows, platformRows} {
		rows = append(rows, part...)
	}
	return rows
}

// Check refuses a specification that asks for what urun does not do, naming the field as config.json has it.
func Check(spec *specs.Spec) error {
	for _, part := range [][]Row{rootRows, processRows, linuxRows, resourceRows, platformRows} {
		for i := range part {
			if row := &part[i]; row.Status == Refused && row.set(spec) {
				return errors.New(row.Path + " is not supported: " + row.Why)
			}
		}
	}
	return nil
}

// anyMount tells whether a mount of the specification has a property.
func anyMount(is func(*specs.Mount) bool) func(*specs.Spec) bool {
	return func(s *specs.Spec) bool {
		for i := range s.Mounts {
			if is(&s.Mounts[i]) {
				return true
			}
		}
		return false
	}
}

func process(is func(*specs.Process) bool) func(*specs.Spec) bool {
	return func(s *specs.Spec) bool { return s.Process != nil && is(s.Process) }
}

func linux(is func(*specs.Linux) bool) func(*specs.Spec) bool {
	return func(s *specs.Spec) bool { return s.Linux != nil && is(s.Linux) }
}

func resources(is func(*specs.LinuxResources) bool) func(*specs.Spec) bool {
	return linux(func(l *specs.Linux) bool { return l.Resources != nil && is(l.Resources) })
}
