package ocispec

import (
	"io"
	"os"
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

// largestProfile is in bytes; docker's own has 20 KiB.
const largestProfile = 1 << 20

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
	data, why := readProfile(path)
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

func readProfile(path string) (data []byte, why string) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0) // a FIFO does not keep urun waiting
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		return nil, "it is a directory"
	}
	if err != nil {
		return nil, cause(err)
	}
	data, err = io.ReadAll(io.LimitReader(f, largestProfile+1))
	switch {
	case err != nil:
		return nil, cause(err)
	case len(data) == 0 && info.Mode()&os.ModeNamedPipe != 0:
		return nil, "it is a FIFO to which nobody has written"
	case len(data) > largestProfile:
		return nil, "it has more than " + strconv.Itoa(largestProfile>>20) + " MiB"
	}
	return data, ""
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
