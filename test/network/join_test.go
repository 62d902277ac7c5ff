package network

import (
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

func TestTwoContainersWithOneNetwork(t *testing.T) {
	for _, d := range []driver{{net: "none"}, {net: "auto"}} {
		t.Run(d.net, func(t *testing.T) {
			needs(t)
			t.Parallel()
			name := "first" + port()
			for _, ids := range []string{"--userns=auto", "--userns=single"} {
				s, at := served(t, d.run(ids, "--name", name, "--", "probe", "serve", "echo", "tcp", "127.0.0.1:0"))
				second := driver{net: "container:" + name}
				second.says(t, "ok 20", "--", "probe", "many", "127.0.0.1:"+at, "20")
				if d.is("auto") {
					second.says(t, "web.example.test 192.0.2.1 2001:db8::1", "--", "probe", "lookup", "web.example.test")
				}
				refused(t, []string{"publish"}, "--net", second.net, "-p", port()+":80")
				refused(t, []string{"ids"}, "--net", second.net, "--userns=single")
				if err := s.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				s.ended()
				testenv.Finish(t, second.run("--", "echo", "it ran")).Refused(t, 125, name)
			}
		})
	}
}
