package images

import (
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// One has one layer with a few files, and a command.
func One() Image {
	return Image{
		Config: v1.Config{Cmd: []string{"/bin/true"}, Env: []string{"PATH=/bin"}},
		Layers: []Layer{{Dir("etc"), File("etc/passwd", "root:x:0:0::/:/bin/sh\n"), File("etc/group", "root:x:0:\n"), Dir("bin"), File("bin/true", "#!").Moded(0o755), Symlink("bin/false", "true")}},
	}
}

// Many has n layers: each adds a file layer/I, and writes over the file "top", whose text is the number of the layer, from 0 on.
func Many(n int) Image {
	i := Image{}
	for at := range n {
		i.Layers = append(i.Layers, Layer{Dir("layer"), File(fmt.Sprintf("layer/%d", at), fmt.Sprint(at)), File("top", fmt.Sprint(at))})
	}
	return i
}

// Whiteouts has two layers. Together they are kept, dir/new, emptied/new and replaced as a directory with the file now in it.
func Whiteouts() Image {
	return Image{Layers: []Layer{
		{File("kept", "kept"), File("gone", "gone"), Dir("dir"), File("dir/gone", "gone"), Dir("emptied"), File("emptied/old", "old"), Dir("emptied/sub"), File("emptied/sub/old", "old"), File("replaced", "file"), Dir("whole"), File("whole/file", "gone")},
		{Whiteout("gone"), Whiteout("dir/gone"), File("dir/new", "new"), Opaque("emptied"), File("emptied/new", "new"), Dir("replaced"), File("replaced/now", "now"), Whiteout("whole")},
	}}
}

// Owners has files of several ids, special bits of their modes, a hard link, and extended attributes.
func Owners() Image {
	return Image{Layers: []Layer{{
		Dir("home").Owned(1000, 1000), File("home/file", "mine").Owned(1000, 1000).Moded(0o600), File("zero", ""), File("daemon", "").Owned(1, 1), File("high", "").Owned(60000, 60001),
		File("suid", "").Moded(0o4755), File("sgid", "").Owned(0, 42).Moded(0o2755), Dir("tmp").Moded(0o1777),
		Hardlink("home/link", "home/file").Owned(1000, 1000), File("attributes", "").With("user.test", "value"),
	}}}
}

// Configured has every field of the configuration.
func Configured() Image {
	i := One()
	i.Docker = true // a health check is docker's
	i.Config = v1.Config{
		User: "1000:1000", Env: []string{"PATH=/bin", "A=a b", "EMPTY="}, Entrypoint: []string{"/bin/true", "entry"}, Cmd: []string{"one", "two"},
		WorkingDir: "/work", Volumes: map[string]struct{}{"/data": {}, "/cache": {}}, ExposedPorts: map[string]struct{}{"80/tcp": {}, "53/udp": {}},
		Labels: map[string]string{"a": "1", "org.opencontainers.image.title": "configured"}, StopSignal: "SIGUSR1",
		Healthcheck: &v1.HealthConfig{Test: []string{"CMD", "/bin/true"}, Interval: 3 * time.Second, Timeout: time.Second, Retries: 2},
	}
	return i
}
