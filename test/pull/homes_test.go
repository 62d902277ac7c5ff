package pull

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/testenv"
)

var marked = images.Layer{images.Dir("data"), images.File("data/old", "old"), images.Dir("data/dir"), images.File("data/dir/below", "below")}
var hiding = images.Layer{images.Whiteout("data/old"), images.Opaque("data/dir"), images.File("data/dir/new", "new")}

// looks writes over all kinds of what the layers have, and prints what is there then.
const looks = `cd /data && ls . dir && rm dir/new && mkdir more && mv /bin/vi more/ && ls more dir`

const looked = ".:\ndir\n\ndir:\nnew\ndir:\n\nmore:\nvi"

// A tmpfs has overlay's marks since 6.6.
func TestAHomeInMemory(t *testing.T) {
	p := here(t, full)
	dir, err := os.MkdirTemp("/dev/shm", "urun-test")
	if err != nil {
		testenv.Skip(t, err.Error())
	}
	t.Cleanup(func() {
		if r := p.Run("unshare", "rm", "-rf", dir); r.Status != 0 {
			t.Errorf("remove %s: %s", dir, r.Stderr)
		}
	})
	p.Data = dir
	p.Env = append(p.Env, "XDG_DATA_HOME="+dir)
	withBusybox(p, "memory", v1.Config{}, marked, hiding)
	p.prints(looked, "sh", "-c", looks)
	p.prints(looked, "sh", "-c", looks)
	if left := p.written(); len(left) > 0 {
		t.Errorf("left are %q", left)
	}
}

// A store that was made once can be one that nobody writes to, such as one on a cluster's shared disk.
func TestAStoreThatCannotBeWritten(t *testing.T) {
	p := here(t, full)
	withBusybox(p, "fixed", v1.Config{}, marked, hiding)
	p.push("other", build(t, v1.Config{}, marked.Tar(t)))
	dirs, err := filepath.Glob(p.Data + "/urun/images/*")
	if err != nil {
		t.Fatal(err)
	}
	dirs = append(dirs, p.Data+"/urun", p.Data+"/urun/images", p.Data+"/urun/containers")
	modes := func(with os.FileMode) {
		for _, dir := range dirs {
			if info, err := os.Stat(dir); err != nil || info.IsDir() && os.Chmod(dir, with) != nil {
				t.Fatalf("chmod %s: %v", dir, err)
			}
		}
	}
	modes(0o500)
	defer modes(0o700)
	r := p.Run(p.Args(nil, "sh", "-c", looks)...)
	if r.Status != 0 || strings.TrimSpace(r.Stdout) != looked {
		t.Errorf("exit status %d, %q", r.Status, r.Stdout)
	}
	oneLoss(t, r.Stderr, "kept in memory", "permission denied")
	p.Run(p.Args([]string{"--strict"}, "true")...).Refused(t, 125, "kept in memory")
	p.Run("pull", "-q", "--tls-verify=false", p.ref("other")).Refused(t, 125, p.Data, "permission denied")
}

// A home on an overlay, as in a container of docker's: marks cannot be made, and the image is unpacked into one tree.
func TestAHomeOnAnOverlay(t *testing.T) {
	p := here(t, full)
	layers := [][]byte{busybox(t, p.Home.Rootfs), marked.Tar(t), hiding.Tar(t)}
	p.push("overlay", build(t, v1.Config{}, layers...))
	p.Rootfs = p.ref("overlay")
	dir := kit.Dir(t)
	for _, d := range []string{"lower", "upper", "work", "home"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	script := `mount -t overlay -o "userxattr,lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" overlay "$1/home" && export XDG_DATA_HOME="$1/home" && shift &&
		"$1" pull -q --tls-verify=false "$2" && shift 2 && exec "$@"`
	r := p.Run(append([]string{"unshare", "sh", "-c", script, "sh", dir, p.Urun, p.Rootfs, p.Urun}, p.Args(nil, "sh", "-c", looks)...)...)
	if r.Status != 0 || !strings.HasSuffix(strings.TrimSpace(r.Stdout), looked) {
		t.Errorf("exit status %d, %q, %s", r.Status, r.Stdout, r.Stderr)
	}
	flat, memory, _ := strings.Cut(r.Stderr, "\n")
	oneLoss(t, flat+"\n", "unpacked into one tree")
	oneLoss(t, memory, "kept in memory")
}

// oneLoss fails the test unless one line is said, with these words.
func oneLoss(t *testing.T, stderr string, words ...string) {
	t.Helper()
	line, more, ended := strings.Cut(stderr, "\n")
	if !ended || more != "" || !strings.HasPrefix(line, "urun") {
		t.Errorf("want one line, got %q", stderr)
	}
	for _, w := range words {
		if !strings.Contains(line, w) {
			t.Errorf("the line does not say %q: %s", w, line)
		}
	}
}
