package pull

import (
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/test/images"
)

// What each tool writes differs: media types, compression, how directories and owners are named, empty layers.
func TestImagesOfEveryTool(t *testing.T) {
	config := v1.Config{Env: []string{"PATH=/bin", "MADE=here"}, WorkingDir: "/srv/work", User: "1000:50", Cmd: []string{"sh", "-c", show}}
	for name, makes := range map[string]func(p *place){
		"ggcr":        func(p *place) { p.push("ggcr", tooled(p, config)) },
		"skopeo-v2s2": func(p *place) { p.push("skopeo-v2s2", tooled(p, config), "-f", "v2s2") },
		"skopeo-zstd": func(p *place) { p.push("skopeo-zstd", tooled(p, config), "--dest-compress-format", "zstd") },
		"buildah":     withBuildah,
		"umoci":       withUmoci,
	} {
		t.Run(name, func(t *testing.T) {
			p := here(t, full)
			makes(p)
			p.pulled(name)
			p.prints("/srv/work 1000 50 here made", "sh", "-c", show)
			// Without a command the image's own is run.
			r := p.Run(full, "--net=none", p.Rootfs)
			if r.OK(t); r.Stdout != "/srv/work 1000 50 here made\n" {
				t.Errorf("the image's command prints %q", r.Stdout)
			}
		})
	}
}

const show = `echo $(pwd) $(id -u) $(id -g) $MADE $(cat /srv/work/file)`

func tooled(p *place, config v1.Config) v1.Image {
	layer := images.Layer{images.Dir("srv"), images.Dir("srv/work").Owned(1000, 50), images.File("srv/work/file", "made")}
	return build(p, config, busybox(p, p.Home.Rootfs), layer.Tar(p))
}

// tree is busybox on disk, with the file that every image has.
func (p *place) tree() string {
	p.Helper()
	dir := filepath.Join(p.Home.Rootfs, "srv/work")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("made"), 0o644); err != nil {
		p.Fatal(err)
	}
	return p.Home.Rootfs
}

func withBuildah(p *place) {
	store := []string{"--root", p.tools + "/b", "--runroot", p.tools + "/rr", "--storage-driver", "vfs"}
	buildah := func(verb string, args ...string) string {
		p.Helper()
		return p.tool("buildah", append(append(store, verb), args...)...)
	}
	c := buildah("from", "scratch")
	buildah("add", "-q", c, p.tree(), "/")
	buildah("config", "--env", "PATH=/bin", "--env", "MADE=here", "--workingdir", "/srv/work", "--user", "1000:50", "--cmd", `["sh", "-c", "`+show+`"]`, c)
	buildah("commit", "-q", "--rm", c, "made")
	buildah("push", "-q", "--tls-verify=false", "made", "docker://"+p.ref("buildah"))
}

func withUmoci(p *place) {
	layout := p.tools + "/u"
	p.tool("umoci", "init", "--layout", layout)
	p.tool("umoci", "new", "--image", layout+":1")
	p.tool("umoci", "insert", "--rootless", "--image", layout+":1", p.tree(), "/")
	p.tool("umoci", "config", "--image", layout+":1", "--config.env", "PATH=/bin", "--config.env", "MADE=here", "--config.workingdir", "/srv/work",
		"--config.user", "1000:50", "--config.cmd", "sh", "--config.cmd", "-c", "--config.cmd", show)
	p.tool("skopeo", "--insecure-policy", "copy", "-q", "--dest-tls-verify=false", "oci:"+layout+":1", "docker://"+p.ref("umoci"))
}
