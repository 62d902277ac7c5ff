package unpack

import (
	"archive/tar"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

func stat(t *testing.T, path string) (size, blocks int64) {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Lstat(path, &st))
	return st.Size, st.Blocks
}

func is(t *testing.T, c userns.Choice, tree, want string) {
	t.Helper()
	if got := sortedLines(short(listing(t, c, tree))); got != sortedLines(wanted(want)) {
		t.Errorf("the tree is\n%s\nand not\n%s", got, sortedLines(wanted(want)))
	}
}

var owned = []*tar.Header{folder("home"), folder("home/u", own(1000, 1000), mode(0o700)), file("home/u/f", "x", own(1000, 100), mode(0o4755)),
	symlink("home/u/l", "f", own(1000, 1000)), file("home/root", "x"), special(tar.TypeFifo, "home/p", own(1, 2))}

func TestOwners(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice, one bool) {
		tree := emptyTree(t, c)
		r, err := run(t, c, Job{OneID: one}, archive(t, owned...), tree)
		must(t, err)
		if !r.Owners {
			t.Error("the report does not say that there are owners")
		}
		want := "dir 0755 home\nfifo 0600 home/p 1:2\nfile 0644 home/root x\ndir 0700 home/u 1000:1000\nfile 4755 home/u/f x 1000:100\nlink home/u/l f 1000:1000"
		if one {
			want = "dir 0755 home\nfifo 0600 home/p\nfile 0644 home/root x\ndir 0700 home/u user.containers.override_stat=1000:1000:0700\n" +
				"file 4755 home/u/f x user.containers.override_stat=1000:100:04755\nlink home/u/l f"
		}
		is(t, c, tree, want)
	})
}

// With keep-id the caller is somebody else than 0, so 0 is not where it was.
func TestOwnersAreTranslated(t *testing.T) {
	testenv.Unprivileged(t)
	if !testenv.HasRange() {
		testenv.Skip(t, "no subordinate ids, or no newuidmap")
	}
	c := choice(t, userns.Auto)
	table := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1, Size: 1000}, {ContainerID: 1000, HostID: 0, Size: 1}}
	tree := emptyTree(t, c)
	_, err := run(t, c, Job{UIDs: table, GIDs: table}, archive(t, owned...), tree)
	must(t, err)
	is(t, c, tree, "dir 0755 . 1:1\ndir 0755 home 1:1\nfifo 0600 home/p 2:3\nfile 0644 home/root x 1:1\ndir 0700 home/u\nfile 4755 home/u/f x 0:101\nlink home/u/l f")
	implied := emptyTree(t, c)
	_, err = run(t, c, Job{UIDs: table, GIDs: table}, archive(t, file("a/b/c", "x")), implied)
	must(t, err)
	is(t, c, implied, "dir 0755 . 1:1\ndir 0755 a 1:1\ndir 0755 a/b 1:1\nfile 0644 a/b/c x 1:1")

	_, err = run(t, c, Job{UIDs: table, GIDs: table}, archive(t, file("x", "", own(1001, 0))), emptyTree(t, c))
	if err == nil || !strings.Contains(err.Error(), `"x": it belongs to the user 1001,`) || !strings.Contains(err.Error(), "1001 long") {
		t.Errorf("an id that the table does not have: %v", err)
	}
	for _, h := range []*tar.Header{file("x", "", own(70000, 0)), folder("x", own(0, 70000)), symlink("x", "y", own(70000, 70000)), folder(".", own(70000, 0))} {
		_, err = run(t, c, Job{}, archive(t, h), emptyTree(t, c))
		if err == nil || !strings.Contains(err.Error(), "70000, which has no place") {
			t.Errorf("an id that the namespace does not have: %v", err)
		}
	}
	_, err = run(t, c, Job{}, archive(t, file("x", "", own(1<<32-1, 0))), emptyTree(t, c))
	if err == nil || !strings.Contains(err.Error(), "4294967295 is not an id of a user") {
		t.Errorf("-1: %v", err)
	}
}

// A file capability is kept, which chown(2) would take away.
func TestFileCapabilities(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice, one bool) {
		tree := emptyTree(t, c)
		const netRaw = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
		r, err := run(t, c, Job{OneID: one}, archive(t, file("ping", "x", mode(0o755), own(1, 0), xattr("security.capability", netRaw))), tree)
		must(t, err)
		if got := listing(t, c, tree); !strings.Contains(got, "security.capability") || len(r.Skipped) > 0 {
			t.Errorf("%s\n%+v", got, r)
		}
	})
}

func TestWhatIsLeftOutIsReported(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice, one bool) {
		entries := []*tar.Header{special(tar.TypeChar, "null", device(1, 3)), symlink("l", "x", xattr("user.a", "v")), file("f", "", xattr("trusted.overlay.opaque", "y"))}
		for range 200 {
			entries = append(entries, special(tar.TypeBlock, "b\n", device(8, 0)))
		}
		r, err := run(t, c, Job{OneID: one}, archive(t, entries...), emptyTree(t, c))
		must(t, err)
		for i, want := range []string{`"null": the device 1:3`, `"l": the attribute "user.a": only files`, `"f": the attribute "trusted.overlay.opaque": only user`, `"b\n"`} {
			if !strings.Contains(r.Skipped[i], want) {
				t.Errorf("%d is %s", i, r.Skipped[i])
			}
		}
		if n := len(r.Skipped); n != 101 || r.Skipped[100] != "and 103 more" {
			t.Errorf("%d: %v", n, r.Skipped[n-1])
		}
	})
}

// Directories 1,000 levels deep, then one in another place, and their times at the end.
func TestDeepTrees(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice, one bool) {
		deep := strings.TrimSuffix(strings.Repeat("dir/", 1000), "/")
		tree := emptyTree(t, c)
		r, err := run(t, c, Job{OneID: one}, archive(t, file(deep+"/a", "x"), file("b", "x"), file(deep+"/c", "x"), folder(deep), link("l", deep+"/a")), tree)
		must(t, err)
		if len(r.Implied) != 1000 || r.Implied[0] != "." || r.Implied[1] != "dir" || r.Files != 1004+1 {
			t.Errorf("%d are implied, %v, of %d", len(r.Implied), r.Implied[:2], r.Files)
		}
		var st unix.Stat_t
		must(t, unix.Lstat(filepath.Join(tree, deep), &st))
		if st.Mtim.Sec != old {
			t.Errorf("its time is %v", st.Mtim)
		}
	})
}

func TestFlatLayers(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice, one bool) {
		tree := emptyTree(t, c)
		for _, layer := range [][]*tar.Header{
			{folder("usr/lib"), symlink("lib", "usr/lib"), file("usr/lib/a", "a"), folder("etc"), file("etc/one", "1"), file("etc/two", "2"), folder("opt/x"), file("opt/x/y", "y"),
				folder("var"), file("var/v", "v"), file("plain", "p"), link("same", "plain"), symlink("gone", "../canary"), folder("s", mode(0o2777))},
			{file("etc/.wh.one", ""), file("etc/one", "new"), file("etc/.wh.two", ""), folder("opt"), file("opt/z", "z"), file("opt/.wh..wh..opq", ""), file(".wh.var", ""),
				file("plain/below", "x"), file("gone/.wh.file", ""), file("gone/here", "x"), file("s/f", "f"), folder("s/d")},
			{file("lib/b", "b"), file("same", "other")},
		} {
			_, err := run(t, c, Job{OneID: one, Flat: true}, archive(t, layer...), tree)
			must(t, err)
		}
		is(t, c, tree, `dir 0755 etc
file 0644 etc/one new
dir 0755 gone
file 0644 gone/here x
dir 0755 lib
file 0644 lib/b b
dir 0755 opt
file 0644 opt/z z
dir 0755 plain
file 0644 plain/below x
dir 2777 s
dir 0755 s/d
file 0644 s/f f
file 0644 same other
dir 0755 usr
dir 0755 usr/lib
file 0644 usr/lib/a a`)
	})
}

// stack unpacks layers, the lowest first, and gives their trees, topmost first.
func stack(t *testing.T, c userns.Choice, one bool, layers ...[]*tar.Header) (trees []string, reports []Report) {
	t.Helper()
	for _, entries := range layers {
		tree := emptyTree(t, c)
		r, err := run(t, c, Job{OneID: one}, archive(t, entries...), tree)
		must(t, err)
		trees, reports = append([]string{tree}, trees...), append([]Report{r}, reports...)
	}
	return trees, reports
}

func TestReadMerged(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice, one bool) {
		trees, _ := stack(t, c, one,
			[]*tar.Header{folder("etc", mode(0o700), own(5, 5)), file("etc/passwd", "low"), file("etc/group", "group", mode(0)), file("etc/gone", "x"), folder("etc/alt"), file("etc/alt/a", "a"),
				folder("o"), file("o/f", "hidden"), file("x", "file"), symlink("abs", "/etc/link"), symlink("out", "../../../../etc/passwd"), folder("w"), file("w/f", "f"), symlink("ring", "ring")},
			[]*tar.Header{file("etc/.wh.gone", ""), symlink("etc/link", "alt/../group"), folder("o"), file("o/.wh..wh..opq", ""), file("x/below", "x"), file(".wh.w", ""), file("big", strings.Repeat("b", 16<<20+1))},
			[]*tar.Header{file("etc/passwd", "high"), folder("w"), file("w/new", "n")})
		read := func(path string) (string, error) {
			var got Contents
			err := inside.Run(t.Context(), inside.Job{Name: ReadJob, Args: Reading{path}, Root: trees[0], ReadOnly: true, Trees: trees}, c, &got)
			if err == nil && !got.Found {
				err = os.ErrNotExist
			}
			return string(got.Data), err
		}
		for path, want := range map[string]string{
			"etc/passwd": "high", "/etc/passwd": "high", "etc//./passwd": "high", "etc/group": "group", "../../etc/passwd": "high", "abs": "group", "out": "high", "etc/alt/a": "a", "etc/link": "group",
			"x/below": "x", "w/new": "n",
		} {
			if got, err := read(path); err != nil || got != want {
				t.Errorf("%s: %q, %v", path, got, err)
			}
		}
		for _, path := range []string{"etc/gone", "o/f", "etc", "nothing", "etc/passwd/x", "w/f", ""} {
			if got, err := read(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: %q, %v", path, got, err)
			}
		}
		for path, want := range map[string]string{"ring": "too many levels", "big": "longer than 16 MiB"} {
			if _, err := read(path); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", path, err)
			}
		}
	})
}

// A layer that a program wrote often names no directory but what is in it.
func TestImpliedDirectoriesAdoptTheirAttributes(t *testing.T) {
	mappings(t, func(t *testing.T, c userns.Choice, one bool) {
		trees, reports := stack(t, c, one,
			[]*tar.Header{folder(".", mode(0o711)), folder("tmp", mode(0o1777)), folder("home/u", own(7, 8), mode(0o2750), xattr("user.mine", "v")), folder("other", mode(0o700)), symlink("lib", "usr/lib"), folder("o", mode(0o711))},
			[]*tar.Header{file(".wh.other", ""), file("a", "x"), folder("o"), file("o/.wh..wh..opq", "")},
			[]*tar.Header{file("tmp/x", "x"), file("home/u/\xff/y", "x"), file("other/z", "x"), file("lib/l", "x"), file("o/p", "x")})
		if want := []Path{".", "tmp", "home", "home/u", "home/u/\xff", "other", "lib", "o"}; !slices.Equal(reports[0].Implied, want) {
			t.Errorf("%q are implied", reports[0].Implied)
		}
		must(t, inside.Run(t.Context(), inside.Job{Name: AdoptJob, Args: Adoption{append(reports[0].Implied, "never/there")}, Root: trees[0], Trees: trees[1:]}, c, nil))
		got := short(listing(t, c, trees[0]))
		want := []string{"dir 0711 .", "dir 1777 tmp", "dir 2750 home/u 7:8 user.mine=v", "dir 0755 home/u/\xff", "dir 0755 other", "dir 0755 lib", "dir 0755 o"}
		if one {
			want[2] = "dir 2750 home/u user.containers.override_stat=7:8:02750 user.mine=v"
		}
		// The root of the layer between is its own, which it did not name either.
		want[0] = "dir 0755 ."
		for _, line := range want {
			if !slices.Contains(strings.Split(got, "\n"), line) {
				t.Errorf("there is no %q in\n%s", line, got)
			}
		}
		err := inside.Run(t.Context(), inside.Job{Name: AdoptJob, Args: Adoption{[]Path{"../canary"}}, Root: trees[0], Trees: trees[1:]}, c, nil)
		if err == nil || !strings.Contains(err.Error(), `component ".."`) {
			t.Errorf("a name that leads out: %v", err)
		}
	})
}
