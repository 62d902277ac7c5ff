package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"runtime"
)

// i386Attack is a program that makes a system call the way of 32-bit programs, where filters by number may not look.
func i386Attack() []attack {
	if runtime.GOARCH != "amd64" {
		return nil
	}
	return []attack{{"a system call of i386 (int 0x80)", func(r *trial) cell {
		code := []byte{
			0xb8, 1, 0, 0, 0, 0xbb, 42, 0, 0, 0, 0xcd, 0x80, // i386: exit(42)
			0xb8, 60, 0, 0, 0, 0xbf, 43, 0, 0, 0, 0x0f, 0x05, // amd64: exit(43), when the other was refused with an errno
		}
		const at, headers = 0x400000, 64 + 56
		h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1, Entry: at + headers, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1}
		copy(h.Ident[:], "\x7fELF\x02\x01\x01")
		size := uint64(headers + len(code))
		var b bytes.Buffer
		for _, part := range []any{h, elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: 5, Vaddr: at, Filesz: size, Memsz: size, Align: 4096}, code} {
			_ = binary.Write(&b, binary.LittleEndian, part) // a bytes.Buffer takes everything
		}
		if err := os.WriteFile(r.rootfs+"/bin/i386", b.Bytes(), 0o755); err != nil {
			return cell{untested, err.Error()}
		}
		path := "/bin/i386"
		if r.name == control {
			path = r.rootfs + path
		}
		return says("status 42", "status ", "sh", "-c", path+"; echo status $?")(r)
	}}}
}
