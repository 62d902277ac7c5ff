package ocispec

import (
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/seccomp"
)

// The seccomp profiles that have names. Another one is a file, whose path is its name.
const (
	SeccompDefault    = "default"
	SeccompNested     = "nested" // the default one with --nested
	SeccompUnconfined = "unconfined"
)

// seccomp chooses the profile. A file's becomes a part of the specification; urun's own is known by its name, because rules of
// the OCI specification cannot say all of it.
func (b *build) seccomp(flag, profile string, nested bool, bounding []string) error {
	switch profile {
	case "", SeccompDefault:
		b.extra.Seccomp = SeccompDefault
		if nested {
			b.extra.Seccomp = SeccompNested
		}
		return nil
	case SeccompUnconfined:
		b.extra.Seccomp = SeccompUnconfined
		return nil
	}
	path, err := b.abs(flag, profile)
	if err != nil {
		return err
	}
	data, why := readSmall(path) // docker's own profile has 20 KiB
	if why != "" {
		return bad(flag, profile, why+"; write default, unconfined or the path of a profile in JSON")
	}
	p, err := seccomp.ParseProfile(data)
	if err != nil {
		return bad(flag, profile, err.Error())
	}
	b.extra.Seccomp = path
	b.spec.Linux.Seccomp, err = p.Resolve(seccomp.Host{Arch: runtime.GOARCH, Kernel: kernel(), Capabilities: bounding})
	if err != nil {
		return bad(flag, profile, err.Error())
	}
	return nil
}

// kernel is the version of the running one: its first two numbers; zeros where it does not say.
func kernel() (version [2]int) {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return version
	}
	numbers := strings.FieldsFunc(unix.ByteSliceToString(u.Release[:]), func(r rune) bool { return r < '0' || r > '9' })
	for i := range min(2, len(numbers)) {
		version[i], _ = strconv.Atoi(numbers[i])
	}
	return version
}
