package unpack

import (
	"archive/tar"
	"strings"
)

// harmful is for what umoci 0.4.7 is not run with: it removes the directory in which the tree is.
const harmful = "removes what is above the root"

// hostile are archives, most of them made to deceive. The tree is "dir 0755 ." and these lines; err is part of the error when it is
// refused. flat is what differs when it is unpacked flat, over nothing. There it is not known what is of the layer itself, so that a directory
// replaces whatever is in its way. umoci is what umoci(1) does that urun does not, when it is flat.
var hostile = []struct {
	name    string
	entries []*tar.Header
	tree    string
	err     string
	flat    string // "-" for nothing
	umoci   string
}{
	{name: "nothing"},
	{name: "plain", entries: []*tar.Header{folder("etc/"), file("etc/a", "A"), symlink("etc/l", "a"), special(tar.TypeFifo, "etc/p"), link("etc/h", "etc/a")},
		tree: "dir 0755 etc\nfile 0644 etc/a A\nsame etc/h etc/a\nlink etc/l a\nfifo 0600 etc/p"},

	// Names.
	{name: "dots and slashes", entries: []*tar.Header{folder("./"), folder("./a//"), file(".//a/././b", "x")}, tree: "dir 0755 a\nfile 0644 a/b x"},
	{name: "absolute", entries: []*tar.Header{file("/a", "x"), file("///b/c", "y")}, tree: "file 0644 a x\ndir 0755 b\nfile 0644 b/c y"},
	{name: "up", entries: []*tar.Header{file("../canary/file", "x")}, err: `"../canary/file": refused: it has a component ".."`, umoci: "goes on below the root"},
	{name: "up from below", entries: []*tar.Header{folder("a"), file("a/../../canary/file", "x")}, err: `component ".."`, umoci: "goes on below the root"},
	{name: "up and not out", entries: []*tar.Header{folder("a"), file("a/../b", "x")}, err: `component ".."`, umoci: "resolves it"},
	{name: "only up", entries: []*tar.Header{folder("..")}, err: `component ".."`, umoci: "is the root"},
	{name: "absolute up", entries: []*tar.Header{file("/../../canary/file", "x")}, err: `component ".."`, umoci: "goes on below the root"},
	{name: "names of dots", entries: []*tar.Header{file("...", "x"), file("..a", "y"), file("a..", "z")}, tree: "file 0644 ... x\nfile 0644 ..a y\nfile 0644 a.. z"},
	{name: "odd bytes", entries: []*tar.Header{file("a\nb", "x"), file("\xff\xfe", "y"), file("\x1b[2J", "z")}, tree: "file 0644 \x1b[2J z\nfile 0644 a\nb x\nfile 0644 \xff\xfe y"},
	{name: "255 bytes", entries: []*tar.Header{file(strings.Repeat("n", 255), "x")}, tree: "file 0644 " + strings.Repeat("n", 255) + " x"},
	{name: "256 bytes", entries: []*tar.Header{file(strings.Repeat("n", 256), "x")}, err: "file name too long"},
	{name: "longer than a path", entries: []*tar.Header{file(strings.Repeat("abcdefg/", 600)+"x", "x")}, err: "refused: it is longer than 4095 bytes"},

	// The root itself.
	{name: "the root's mode", entries: []*tar.Header{folder("./", mode(0o700))}, tree: "dir 0700 ."},
	{name: "the root as a link", entries: []*tar.Header{symlink(".", "../canary"), file("file", "x")}, err: "the entry for it is no directory"},
	{name: "the root as a file", entries: []*tar.Header{file("./", "x", func(h *tar.Header) { h.Name = "/." })}, err: "the entry for it is no directory"},
	{name: "the root as a hard link", entries: []*tar.Header{file("a", "x"), link("/", "a")}, err: "the entry for it is no directory"},
	{name: "the root twice", entries: []*tar.Header{folder("."), file("a", "x"), folder("/", mode(0o711))}, tree: "dir 0711 .\nfile 0644 a x"},

	// Links on the way.
	{name: "absolute link, then a file below", entries: []*tar.Header{symlink("a", "/etc"), file("a/passwd", "x")}, tree: "link a /etc\ndir 0755 etc\nfile 0644 etc/passwd x"},
	{name: "link up, then a file below", entries: []*tar.Header{symlink("a", "../canary"), file("a/file", "x")}, tree: "link a ../canary\ndir 0755 canary\nfile 0644 canary/file x"},
	{name: "link far up", entries: []*tar.Header{symlink("a", "../../../../../../../../tmp"), file("a/x", "x")}, tree: "link a ../../../../../../../../tmp\ndir 0755 tmp\nfile 0644 tmp/x x"},
	{name: "link to itself", entries: []*tar.Header{symlink("a", "."), file("a/a/a/b", "x")}, tree: "link a .\nfile 0644 b x"},
	{name: "link to proc", entries: []*tar.Header{symlink("a", "/proc/self/cwd"), file("a/x", "x")},
		tree: "link a /proc/self/cwd\ndir 0755 proc\ndir 0755 proc/self\ndir 0755 proc/self/cwd\nfile 0644 proc/self/cwd/x x"},
	{name: "links in a ring", entries: []*tar.Header{symlink("a", "b"), symlink("b", "a"), file("a/x", "x")}, err: "too many levels of symbolic links"},
	{name: "links of links", entries: []*tar.Header{folder("usr/lib"), symlink("lib", "usr/lib"), symlink("lib64", "lib"), file("lib64/ld.so", "x")},
		tree: "link lib usr/lib\nlink lib64 lib\ndir 0755 usr\ndir 0755 usr/lib\nfile 0644 usr/lib/ld.so x"},
	{name: "a link in the middle of a link", entries: []*tar.Header{folder("b/c"), symlink("a", "b"), symlink("d", "/a/../a/c"), file("d/x", "x")},
		tree: "link a b\ndir 0755 b\ndir 0755 b/c\nfile 0644 b/c/x x\nlink d /a/../a/c"},
	{name: "directory, then link, then file", entries: []*tar.Header{folder("a"), file("a/old", "x"), symlink("a", "/../canary"), file("a/file", "y")},
		tree: "link a /../canary\ndir 0755 canary\nfile 0644 canary/file y"},
	{name: "link, then directory, then file", entries: []*tar.Header{symlink("a", "../canary"), folder("a"), file("a/file", "x")}, tree: "dir 0755 a\nfile 0644 a/file x"},
	{name: "link, then a file of the name", entries: []*tar.Header{symlink("a", "../canary/file"), file("a", "x")}, tree: "file 0644 a x"},
	{name: "link, then a pipe of the name", entries: []*tar.Header{symlink("a", "../canary/file"), special(tar.TypeFifo, "a")}, tree: "fifo 0600 a"},
	{name: "link, then a mode for the name", entries: []*tar.Header{symlink("a", "../canary"), symlink("a", "../canary/file", mode(0o4777))}, tree: "link a ../canary/file"},
	{name: "a file on the way", entries: []*tar.Header{file("a", "x"), file("a/b", "y")}, err: "it is no directory", flat: "dir 0755 a\nfile 0644 a/b y", umoci: "refuses it always"},
	{name: "a pipe on the way", entries: []*tar.Header{special(tar.TypeFifo, "a"), file("a/b", "y")}, err: "it is no directory", flat: "dir 0755 a\nfile 0644 a/b y", umoci: "refuses it always"},
	{name: "a link to a file on the way", entries: []*tar.Header{file("f", "x"), symlink("a", "f"), file("a/b", "y")}, err: "it is no directory",
		flat: "link a f\ndir 0755 f\nfile 0644 f/b y", umoci: "refuses it always"},
	{name: "an empty link", entries: []*tar.Header{{Typeflag: tar.TypeSymlink, Name: "a", Linkname: ""}}, err: "no such file"},
	{name: "a long link", entries: []*tar.Header{symlink("a", strings.Repeat("x/", 3000))}, err: "file name too long"},

	// Hard links.
	{name: "hard link out", entries: []*tar.Header{link("a", "../canary/file")}, err: `make a hard link to "../canary/file": it has a component ".."`},
	{name: "hard link out, absolute", entries: []*tar.Header{link("a", "/etc/passwd")}, err: "the layer has no such file before it"},
	{name: "hard link through a link", entries: []*tar.Header{symlink("d", "../canary"), link("a", "d/file")}, err: "the layer has no such file before it"},
	{name: "hard link to a link", entries: []*tar.Header{symlink("l", "../canary/file"), link("a", "l"), file("a", "x")}, tree: "file 0644 a x\nlink l ../canary/file"},
	{name: "hard link to a link stays one", entries: []*tar.Header{symlink("l", "/etc/passwd"), link("a", "l")}, tree: "link a /etc/passwd\nsame l a"},
	{name: "hard link to a link, then a file below", entries: []*tar.Header{symlink("l", "../canary"), link("a", "l"), file("a/file", "x")},
		tree: "link a ../canary\ndir 0755 canary\nfile 0644 canary/file x\nsame l a"},
	{name: "hard link to a directory", entries: []*tar.Header{folder("d"), link("a", "d")}, err: "it is a directory"},
	{name: "hard link to the root", entries: []*tar.Header{link("a", ".")}, err: "it is no file"},
	{name: "hard link to itself", entries: []*tar.Header{file("a", "x"), link("a", "a")}, tree: "file 0644 a x", umoci: "removes it first"},
	{name: "hard link over a file", entries: []*tar.Header{file("a", "x"), file("b", "y"), link("b", "a")}, tree: "file 0644 a x\nsame b a"},
	{name: "hard link, then a file of the name", entries: []*tar.Header{file("a", "x"), link("b", "a"), file("b", "y")}, tree: "file 0644 a x\nfile 0644 b y"},
	{name: "hard link before the file", entries: []*tar.Header{link("b", "a"), file("a", "x")}, err: "the layer has no such file before it"},
	{name: "hard link to what is not there", entries: []*tar.Header{link("b", "no/such")}, err: "the layer has no such file before it"},
	{name: "hard link to a pipe", entries: []*tar.Header{special(tar.TypeFifo, "a"), link("b", "a")}, tree: "fifo 0600 a\nsame b a"},
	{name: "hard link to a whiteout", entries: []*tar.Header{file(".wh.a", ""), link("b", "a")}, err: "the layer has no such file before it"},
	{name: "hard link to the name of a whiteout", entries: []*tar.Header{file(".wh.a", ""), link("b", ".wh.a")}, err: "it is no file"},
	{name: "a hard link's mode", entries: []*tar.Header{file("a", "x"), link("b", "a", mode(0o4777))}, tree: "file 0644 a x\nsame b a"},

	// Twice.
	{name: "file twice", entries: []*tar.Header{file("a", "long before"), file("a", "x", mode(0o600))}, tree: "file 0600 a x"},
	{name: "file over a full directory", entries: []*tar.Header{folder("a/b/c"), file("a/b/d", "x"), file("a", "y")}, tree: "file 0644 a y"},
	{name: "directory over a file", entries: []*tar.Header{file("a", "x"), folder("a")}, tree: "dir 0755 a"},
	{name: "directory twice", entries: []*tar.Header{folder("a"), file("a/b", "x"), folder("a", mode(0o711))}, tree: "dir 0711 a\nfile 0644 a/b x"},
	{name: "a directory that is gone when its time is set", entries: []*tar.Header{folder("a/b", mode(0)), symlink("a", "c"), folder("c/b")}, tree: "link a c\ndir 0755 c\ndir 0755 c/b"},

	// Whiteouts.
	{name: "whiteout", entries: []*tar.Header{file("etc/.wh.a", "")}, tree: "dir 0755 etc\nwhiteout etc/a", flat: "-"},
	{name: "whiteout of what the layer has", entries: []*tar.Header{file("a", "x"), file(".wh.a", "")}, tree: "file 0644 a x"},
	{name: "what the layer has, after its whiteout", entries: []*tar.Header{file(".wh.a", ""), file("a", "x")}, tree: "file 0644 a x"},
	{name: "whiteout of a directory of the layer", entries: []*tar.Header{folder("a"), file("a/b", "x"), file(".wh.a", "")},
		tree: "dir 0755 a opaque\nfile 0644 a/b x", flat: "dir 0755 a\nfile 0644 a/b x"},
	{name: "a directory after its whiteout", entries: []*tar.Header{file(".wh.a", ""), folder("a"), file("a/b", "x")}, tree: "dir 0755 a opaque\nfile 0644 a/b x", flat: "dir 0755 a\nfile 0644 a/b x"},
	{name: "an implied directory after its whiteout", entries: []*tar.Header{file(".wh.a", ""), file("a/b", "x")}, tree: "dir 0755 a opaque\nfile 0644 a/b x", flat: "dir 0755 a\nfile 0644 a/b x"},
	{name: "a link after its whiteout", entries: []*tar.Header{file(".wh.a", ""), symlink("a", "b")}, tree: "link a b"},
	{name: "opaque", entries: []*tar.Header{folder("a"), file("a/b", "x"), file("a/.wh..wh..opq", "")}, tree: "dir 0755 a opaque\nfile 0644 a/b x", flat: "dir 0755 a\nfile 0644 a/b x"},
	{name: "the root opaque", entries: []*tar.Header{file(".wh..wh..opq", ""), file("b", "x")}, tree: "dir 0755 . opaque\nfile 0644 b x", flat: "file 0644 b x"},
	{name: "whiteout up", entries: []*tar.Header{file(".wh...", "")}, err: "it is a whiteout of no name", umoci: harmful},
	{name: "whiteout of the directory", entries: []*tar.Header{file("a/.wh..", "")}, err: "it is a whiteout of no name", umoci: "takes it for a name"},
	{name: "whiteout of nothing", entries: []*tar.Header{file("a/.wh.", "")}, err: "it is a whiteout of no name", umoci: "takes it for the directory"},
	{name: "whiteout behind a link", entries: []*tar.Header{symlink("a", "../canary"), file("a/.wh.file", "")}, tree: "link a ../canary\ndir 0755 canary\nwhiteout canary/file",
		flat: "link a ../canary"},
	{name: "a directory named as a whiteout", entries: []*tar.Header{folder(".wh.a"), file(".wh.a/b", "x")}, err: "a directory of it has the name of a whiteout", umoci: "makes it"},
	{name: "a link named as a whiteout", entries: []*tar.Header{symlink(".wh.a", "../canary")}, tree: "whiteout a", flat: "-"},
	{name: "a whiteout of a whiteout's name", entries: []*tar.Header{file(".wh.a.wh.b", "")}, tree: "whiteout a.wh.b", flat: "-"},
	{name: "aufs", entries: []*tar.Header{folder(".wh..wh.plnk"), file(".wh..wh.plnk/1.2", "x"), file(".wh..wh.aufs", "")}, umoci: "takes them for whiteouts"},

	// What a layer must not make.
	{name: "whiteout device", entries: []*tar.Header{special(tar.TypeChar, "a", device(0, 0))}, umoci: "makes an empty file"},
	{name: "devices", entries: []*tar.Header{special(tar.TypeChar, "null", device(1, 3)), special(tar.TypeBlock, "sda", device(8, 0))}, umoci: "makes an empty file"},
	{name: "marks", entries: []*tar.Header{folder("a", xattr("user.overlay.opaque", "y"), xattr("user.overlay.redirect", "/etc"), xattr("trusted.overlay.opaque", "y")),
		file("b", "x", xattr("user.containers.override_stat", "0:0:04755"), xattr("user.mine", "v"), xattr("security.selinux", "s"))},
		tree: "dir 0755 a\nfile 0644 b x user.mine=v", umoci: "sets what it can"},
	{name: "special bits", entries: []*tar.Header{file("s", "x", mode(0o4755)), file("g", "x", mode(0o2711)), folder("d", mode(0o3777)), folder("d/e"), file("d/f", "x")},
		tree: "dir 3777 d\ndir 0755 d/e\nfile 0644 d/f x\nfile 2711 g x\nfile 4755 s x"},
	{name: "shut", entries: []*tar.Header{folder("d", mode(0)), folder("d/e", mode(0o111)), file("d/e/f", "x", mode(0))}, tree: "dir 0000 d\ndir 0111 d/e\nfile 0000 d/e/f x"},
	{name: "modes of too many bits", entries: []*tar.Header{file("a", "x", mode(0o177777)), folder("d", mode(0o107755))}, tree: "file 7777 a x\ndir 7755 d"},
	{name: "times", entries: []*tar.Header{file("a", "x", at(-1)), file("b", "x", at(-1<<40)), file("c", "x", at(1<<40)), folder("d", at(0))},
		tree: "file 0644 a x\nfile 0644 b x\nfile 0644 c x\ndir 0755 d"},
	{name: "an unknown type", entries: []*tar.Header{{Typeflag: 'V', Name: "label"}}, err: `its type 'V' is none`},
	{name: "a socket's type", entries: []*tar.Header{{Typeflag: 's', Name: "socket"}}, err: `its type 's' is none`},
	{name: "a comment", entries: []*tar.Header{{Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"comment": "x", "path": "../canary/file"}}, file("a", "x")},
		tree: "file 0644 a x", umoci: "does not know it"},
}
