package hostile

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// The program that enters a container is overwritten through /proc/PID/exe by a rootfs whose command is that very
// program (CVE-2019-5736). Here it is a sealed file in memory, and urun's own binary is never there.

// evil puts programs into the rootfs that mean the program that is at path, and returns their paths inside.
func evil(t *testing.T, rootfs, path string) []string {
	t.Helper()
	if err := os.Mkdir(filepath.Join(rootfs, "evil"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"script": []byte("#!" + path + "\n"), "elf": interpreted(path)} {
		if err := os.WriteFile(filepath.Join(rootfs, "evil", name), text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(path, filepath.Join(rootfs, "evil/link")); err != nil {
		t.Fatal(err)
	}
	return []string{"/evil/script", "/evil/elf", "/evil/link"}
}

// interpreted is an ELF program of nothing but the name of its interpreter: see elf(5).
func interpreted(interpreter string) []byte {
	machine := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[runtime.GOARCH]
	header := elf.Header64{
		Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Entry: 0x10000000,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 2,
	}
	copy(header.Ident[:], "\x7fELF\x02\x01\x01")
	size := uint64(64 + 2*56 + len(interpreter) + 1)
	var b bytes.Buffer
	for _, part := range []any{
		header,
		elf.Prog64{Type: uint32(elf.PT_INTERP), Off: 64 + 2*56, Filesz: uint64(len(interpreter) + 1), Memsz: uint64(len(interpreter) + 1)},
		elf.Prog64{Type: uint32(elf.PT_LOAD), Flags: 5, Vaddr: 0x10000000, Filesz: size, Memsz: size, Align: 4096},
		[]byte(interpreter + "\x00"),
	} {
		// A bytes.Buffer takes everything.
		_ = binary.Write(&b, binary.LittleEndian, part)
	}
	return b.Bytes()
}

// unchanged fails the test if urun's binary is another one at its end.
func unchanged(t *testing.T) {
	t.Helper()
	state := func() string {
		text, err := os.ReadFile(kit.Urun)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(kit.Urun)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		return info.Mode().String() + info.ModTime().String() + string(sum[:])
	}
	before := state()
	t.Cleanup(func() {
		if state() != before {
			t.Error("urun's binary was changed")
		}
	})
}

func TestAProgramThatIsItsExecutorEnds(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		unchanged(t)
		paths := append(evil(t, rootfs, "/proc/self/exe"), "/proc/1/exe")
		for i := range races(t) {
			args := []string{userns, "--", rootfs, paths[i%len(paths)]}
			if i/len(paths)%2 == 1 {
				args = append([]string{"--no-init"}, args...)
			}
			if r := kit.Run(t, args...); !r.Lacks(t) && (r.Status != 126 || r.Stdout != "") {
				t.Fatalf("%v: exit status %d, want 126\n%s%s", args, r.Status, r.Stdout, r.Stderr)
			}
		}
	})
}

func TestNoProgramInsideIsUrunsBinary(t *testing.T) {
	// One process holds and tries every /proc/PID/exe while others become what the first process is.
	const attack = `probe exe-attack 1000 /over & n=0; while [ $n -lt 67 ]; do
		n=$((n+1)); for p in /evil/*; do $p; [ $? = 126 ] || echo "$p did not end"; done; echo round; done; echo >/over; wait`
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		unchanged(t)
		evil(t, rootfs, "/proc/1/exe")
		r := kit.Run(t, userns, "--cap-add=SYS_PTRACE", rootfs, "sh", "-c", attack) // without, nobody may look at the init
		r.OK(t)
		if rounds := strings.Count(r.Stdout, "round\n"); rounds != 67 || !strings.Contains(r.Stdout, "held /memfd:urun-init") {
			t.Errorf("%d rounds, want 67, in which the init was found\n%s", rounds, r.Stdout)
		}
		for _, line := range r.Lines() {
			_, target, _ := strings.Cut(line, " ")
			own := strings.HasPrefix(target, "/bin/") || strings.HasPrefix(target, "/evil/") // the rootfs's
			if !own && line != "round" && line != "ready" && line != "held /memfd:urun-init (deleted)" {
				t.Error(line)
			}
		}
	})
}

func TestTheFirstProcessIsNoWritableFile(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		rootfs := kit.Rootfs(t)
		unchanged(t)
		const may = "--cap-add=SYS_PTRACE" // without, nobody may look at the init
		for _, flags := range []string{"wronly", "rdwr", "wronly,trunc"} {
			if r := kit.Run(t, userns, may, rootfs, "probe", "open", "/proc/1/exe", flags); !r.Lacks(t) && r.Status != 1 {
				t.Errorf("open /proc/1/exe %s: exit status %d %s", flags, r.Status, r.Stdout)
			}
		}
		if r := kit.Run(t, userns, rootfs, "probe", "readlink", "/proc/1/exe"); !r.Lacks(t) && (r.Status != 1 || r.Stdout != "EACCES\n") {
			t.Errorf("readlink /proc/1/exe: exit status %d %s", r.Status, r.Stdout)
		}
		r := kit.Run(t, userns, may, rootfs, "probe", "readlink", "/proc/1/exe")
		r.OK(t)
		if want := "/memfd:urun-init (deleted)\n"; r.Stdout != want {
			t.Errorf("the first process is %q, want %q", r.Stdout, want)
		}
	})
}
