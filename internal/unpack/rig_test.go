package unpack

import (
	"archive/tar"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/subid"
	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// choice is the ids that the user of the test gets.
func choice(t *testing.T, mode userns.Mode) userns.Choice {
	t.Helper()
	h := userns.Probe()
	h.Name, _ = subid.Name(h.UID)
	for kind, to := range map[subid.Kind]*userns.Subordinate{subid.UIDs: &h.SubUID, subid.GIDs: &h.SubGID} {
		r, err := subid.Lookup(kind, h.Name, h.UID)
		*to = userns.Subordinate{Ranges: r.Ranges, Source: r.Source, Err: err}
	}
	c, err := userns.Choose(userns.Wish{Mode: mode}, h)
	must(t, err)
	return c
}

// mappings runs a test with one id and with the full range.
func mappings(t *testing.T, test func(t *testing.T, c userns.Choice, one bool)) {
	testenv.Mappings(t, func(t *testing.T, flag string) {
		if flag == "--userns=auto" {
			test(t, choice(t, userns.Auto), false)
		} else {
			test(t, choice(t, userns.Single), true)
		}
	})
}

// old is when everything in the archives of the tests was changed.
const old = 1_000_000_000

// archive writes one. Modes, times and sizes that are not set are the usual ones.
func archive(t testing.TB, entries ...*tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		h := *h
		body := h.Xattrs["body"] // a place for what is in the file
		h.Xattrs = nil
		h.Size = int64(len(body))
		if h.ModTime.IsZero() && h.Typeflag != tar.TypeXGlobalHeader {
			h.ModTime = time.Unix(old, 0)
		}
		must(t, w.WriteHeader(&h))
		_, err := w.Write([]byte(body))
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

func file(name, body string, change ...func(*tar.Header)) *tar.Header {
	return changed(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Xattrs: map[string]string{"body": body}}, change)
}

func folder(name string, change ...func(*tar.Header)) *tar.Header {
	return changed(&tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755}, change)
}

func symlink(name, target string, change ...func(*tar.Header)) *tar.Header {
	return changed(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777}, change)
}

func link(name, target string, change ...func(*tar.Header)) *tar.Header {
	return changed(&tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target, Mode: 0o644}, change)
}

func special(kind byte, name string, change ...func(*tar.Header)) *tar.Header {
	return changed(&tar.Header{Typeflag: kind, Name: name, Mode: 0o600}, change)
}

func changed(h *tar.Header, change []func(*tar.Header)) *tar.Header {
	for _, c := range change {
		c(h)
	}
	return h
}

func mode(m int64) func(*tar.Header)     { return func(h *tar.Header) { h.Mode = m } }
func own(uid, gid int) func(*tar.Header) { return func(h *tar.Header) { h.Uid, h.Gid = uid, gid } }
func at(unix int64) func(*tar.Header) {
	return func(h *tar.Header) { h.ModTime, h.Format = time.Unix(unix, 0), tar.FormatPAX }
}
func device(a, b int64) func(*tar.Header) {
	return func(h *tar.Header) { h.Devmajor, h.Devminor = a, b }
}
func xattr(name, value string) func(*tar.Header) {
	return func(h *tar.Header) {
		if h.PAXRecords == nil {
			h.PAXRecords = map[string]string{}
		}
		h.PAXRecords["SCHILY.xattr."+name] = value
	}
}

// run is one job on a directory.
func run(t testing.TB, c userns.Choice, job Job, blob []byte, tree string) (Report, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "blob")
	must(t, os.WriteFile(path, blob, 0o600))
	f, err := os.Open(path)
	must(t, err)
	defer f.Close()
	var r Report
	err = inside.Run(t.Context(), inside.Job{Name: LayerJob, Args: job, Root: tree, Files: []*os.File{f}}, c, &r)
	if err == nil && r.NoMarks != "" {
		t.Fatalf("no marks: %s", r.NoMarks)
	}
	return r, err
}

// emptyTree is a place for a tree, with a canary beside it. What is left of it is removed by who may.
func emptyTree(t *testing.T, c userns.Choice) string {
	t.Helper()
	tree := filepath.Join(kit.Dir(t), "tree")
	must(t, os.Mkdir(tree, 0o755))
	testenv.Canary(t, tree)
	t.Cleanup(func() { must(t, inside.Remove(tree, c)) })
	return tree
}

func listing(t testing.TB, c userns.Choice, tree string) string {
	t.Helper()
	var lines []string
	must(t, inside.Run(t.Context(), inside.Job{Name: "list", Root: tree, ReadOnly: true}, c, &lines))
	return strings.Join(lines, "\n")
}

// list is a tree as text: a line for each file, with its owner unless that is 0, and its time unless that is the usual one.
func list(root string) (lines []string, err error) {
	seen := map[uint64]string{}
	err = filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		line := fmt.Sprintf("%s %04o %q", kinds[st.Mode&unix.S_IFMT], st.Mode&0o7777, path)
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFLNK:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			line = fmt.Sprintf("link %q -> %q", path, target)
		case unix.S_IFREG:
			b := []byte("large")
			if st.Size < 1<<20 {
				if b, err = os.ReadFile(path); err != nil {
					return err
				}
			}
			if len(b) > 40 {
				b = b[:40]
			}
			line += fmt.Sprintf(" %d:%q", st.Size, b)
		case unix.S_IFCHR:
			line = fmt.Sprintf("whiteout %q", path)
			if st.Rdev != 0 {
				line = fmt.Sprintf("DEVICE %q", path)
			}
		}
		if first, was := seen[st.Ino]; was && st.Nlink > 1 {
			line = fmt.Sprintf("same %q as %q", path, first)
		} else if seen[st.Ino] = path; st.Uid != 0 || st.Gid != 0 {
			line += fmt.Sprintf(" %d:%d", st.Uid, st.Gid)
		}
		attrs := make([]byte, 4096)
		n, err := unix.Llistxattr(path, attrs)
		if err == nil {
			for name := range strings.SplitSeq(strings.TrimSuffix(string(attrs[:n]), "\x00"), "\x00") {
				if strings.HasPrefix(name, "user.") && name != "user.rootlesscontainers" || name == "security.capability" {
					value := make([]byte, 4096)
					n, _ := unix.Lgetxattr(path, name, value)
					if name == "security.capability" {
						n = 0 // its bytes are the kernel's
					}
					line += fmt.Sprintf(" %s=%q", name, value[:max(n, 0)])
				}
			}
		}
		lines = append(lines, line)
		return nil
	})
	return lines, err
}

var kinds = map[uint32]string{unix.S_IFDIR: "dir", unix.S_IFREG: "file", unix.S_IFIFO: "fifo", unix.S_IFSOCK: "SOCKET", unix.S_IFBLK: "BLOCK"}
