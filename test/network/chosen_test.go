package network

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// inspected is the part of "urun inspect" that is about ports.
type inspected []struct {
	NetworkSettings struct {
		Ports map[string][]struct{ HostIp, HostPort string }
	}
}

func TestAChosenPortIsReported(t *testing.T) {
	handlers(t, func(t *testing.T, d driver) {
		name := "chosen" + port()
		for _, flags := range [][]string{{"-p", "80"}, {"-p", "0:80"}, {"-p", "127.0.0.1::80"}, {"-P", "--expose", "80"}} {
			args := append(flags, "--name", name, "--", "probe", "serve", "echo", "tcp", ":80")
			s, _ := served(t, d.run(args...))
			line := testenv.Finish(t, host(urun, "port", name)).Stdout
			inside, at, ok := strings.Cut(strings.TrimSpace(line), " -> ")
			if !ok || inside != "80/tcp" {
				t.Fatalf("%v: urun port says %q", flags, line)
			}
			ip, chosen, _ := strings.Cut(at, ":")
			if want := map[bool]string{true: "127.0.0.1", false: "0.0.0.0"}[strings.HasPrefix(flags[1], "127")]; ip != want {
				t.Errorf("%v: it is at %s, want %s", flags, ip, want)
			}
			if !(d.lame() && ip == "127.0.0.1") {
				says(t, "ok 4", fromHost(t, "many", "127.0.0.1:"+chosen, "4"))
			}
			var list inspected
			text := testenv.Finish(t, host(urun, "inspect", name)).Stdout
			if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) != 1 {
				t.Fatalf("%v: %s", err, text)
			}
			ports := list[0].NetworkSettings.Ports
			if p := ports["80/tcp"]; len(ports) != 1 || len(p) != 1 || p[0].HostPort != chosen || p[0].HostIp != ip {
				t.Errorf("%v: urun inspect says %+v, urun port %s", flags, ports, line)
			}
			if err := s.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			s.ended()
		}
	})
}

// What a program wants to know of the network that it got, while the container runs and afterwards.
func TestTheResultTellsOfTheNetwork(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		file, at := filepath.Join(t.TempDir(), "result.json"), port()
		d = d.with("port_handler=rootlesskit")
		testenv.Finish(t, d.run("--json", file, "-p", at+":80", "--", "true")).OK(t)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var result struct {
			Network struct {
				Mode, Device, IP string
				Servers          []string `json:"name_servers"`
				Ports            []any
			}
		}
		if err := json.Unmarshal(text, &result); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		n := result.Network
		if !d.is(n.Mode, "auto") || n.Mode == "auto" || n.Device != "tap0" || n.IP != "10.0.2.100" || len(n.Ports) != 1 || !slices.Equal(n.Servers, []string{d.resolver}) {
			t.Errorf("it says %s", text)
		}
	})
}
