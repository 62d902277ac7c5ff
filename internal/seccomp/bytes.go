package seccomp

import (
	"encoding/binary"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// instruction is the size of a struct sock_filter.
const instruction = 8

// Bytes are the filter as the kernel reads it: an array of struct sock_filter, on a little-endian machine.
func (f Filter) Bytes() []byte {
	b := make([]byte, 0, instruction*len(f))
	for _, in := range f {
		b = binary.LittleEndian.AppendUint16(b, in.Code)
		b = append(b, in.Jt, in.Jf)
		b = binary.LittleEndian.AppendUint32(b, in.K)
	}
	return b
}

// FromBytes is the other side of [Filter.Bytes].
func FromBytes(b []byte) (Filter, error) {
	n := len(b) / instruction
	if n == 0 || n > unix.BPF_MAXINSNS || len(b)%instruction != 0 {
		return nil, fmt.Errorf("%d bytes are no filter", len(b))
	}
	f := make(Filter, n)
	for i := range f {
		in := b[instruction*i:]
		f[i] = unix.SockFilter{Code: binary.LittleEndian.Uint16(in), Jt: in[2], Jf: in[3], K: binary.LittleEndian.Uint32(in[4:])}
	}
	return f, nil
}

// Native is the architecture of this program as filters see it.
const Native = nativeAudit

// DefaultFilter is [Default] compiled. The one for urun's own default capabilities is there already.
func DefaultFilter(arch string, capabilities []string, nested bool) (Filter, error) {
	if f := Ready(capabilities, nested); f != nil && arch == runtime.GOARCH {
		return f, nil
	}
	return Compile(Default(capabilities, nested), arch)
}
