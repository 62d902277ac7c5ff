package pull

import (
	"io"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/urun-project/urun/test/images"
	"github.com/urun-project/urun/test/testenv"
)

// A web server of an image, in the background, answers at a port of the host, has commands run beside it, and is stopped
// with the signal that the image says.
func TestAWebServerInTheBackground(t *testing.T) {
	for name, userns := range map[string]string{"full range": full, "one id": single, "keep-id": keepID} {
		t.Run(name, func(t *testing.T) {
			p := here(t, full)
			config := v1.Config{WorkingDir: "/www", StopSignal: "SIGQUIT", ExposedPorts: map[string]struct{}{"80/tcp": {}},
				Cmd: []string{"sh", "-c", "trap 'exit 7' QUIT; httpd -f -p 0.0.0.0:8080 & wait"}}
			// Not every user's slirp4netns can be had where the runtime directory has a long name, and with keep-id.
			if err := testenv.Build(filepath.Dir(p.Urun), "./cmd/urun-netstack"); err != nil {
				t.Fatal(err)
			}
			withBusybox(p, "web", config, images.Layer{images.Dir("www"), images.File("www/index.html", "from the image\n")})
			p.Userns = userns
			if userns == keepID { // 0 is another id of the host's than before
				p.under(keepID)
			}
			at := freePort(t)
			r := p.Run(p.Userns, "-d", "--name=web", "--net=gvisor", "-p", "127.0.0.1:"+at+":8080", p.Rootfs)
			if r.OK(t); len(r.Stdout) != 65 {
				t.Fatalf("the id is %q", r.Stdout)
			}
			client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
			var body string
			p.Until("the server answers", func() bool {
				answer, err := client.Get("http://127.0.0.1:" + at + "/")
				if err != nil {
					return false
				}
				defer answer.Body.Close()
				b, err := io.ReadAll(answer.Body)
				body = string(b)
				return err == nil && answer.StatusCode == http.StatusOK
			})
			if body != "from the image\n" {
				t.Errorf("it answers %q", body)
			}
			if r := p.Run("exec", "web", "sh", "-c", "pwd; cat index.html"); r.Stdout != "/www\nfrom the image\n" {
				t.Errorf("exec prints %q, %s", r.Stdout, r.Stderr)
			}
			p.Run("stop", "web")
			if all := p.All(); len(all) != 1 || all[0] != "exited 7" {
				t.Errorf("after stop: %q; the image's signal is SIGQUIT", all)
			}
			if r := p.Run("rm", "web"); r.Status != 0 {
				t.Errorf("rm: exit status %d, %s", r.Status, r.Stderr)
			}
			// The supervisor removes them after it has told how the container ended.
			p.Until("what the container wrote is gone", func() bool { return len(p.written()) == 0 })
		})
	}
}

// freePort is one that nobody listens at.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
