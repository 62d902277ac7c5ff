package netstack

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/network"
)

func TestTheHelperEndsWithItsSocket(t *testing.T) {
	waiting := startHelper(t)
	waiting.close()
	if status := waiting.wait(t); status != 0 || waiting.stderr.Len() > 0 {
		t.Errorf("without a configuration: status %d: %s", status, waiting.stderr)
	}
	_, ready := online(t, nil)
	ready.close()
	if status := ready.wait(t); status != 0 || ready.stderr.Len() > 0 {
		t.Errorf("while it runs: status %d: %s", status, ready.stderr)
	}
}

func TestTheEndOfTheDeviceIsSaid(t *testing.T) {
	g, h := online(t, nil)
	g.ip("link del tap0")
	if status := h.wait(t); status != 1 || strings.Count(h.stderr.String(), "\n") != 1 || !strings.Contains(h.stderr.String(), "tap device") {
		t.Errorf("status %d: %q", status, h.stderr)
	}
}

func TestABadConfigurationIsAnswered(t *testing.T) {
	for message, want := range map[string]string{
		"garbage":             "read the configuration",
		`{"driver":"other"}`:  `"other"`,
		`{"driver":"gvisor"}`: "no descriptor",
		`{"driver":"","port_handler":"","ports":[{"protocol":"tcp","host_port":80,"container_port":80}]}`:                                       "neither",
		`{"driver":"","port_handler":"rootlesskit","pid":1,"state_dir":"/","ports":[{"protocol":"sctp","host_port":8080,"container_port":80}]}`: "not a port",
		`{"driver":"","port_handler":"rootlesskit","pid":0,"ports":[{"protocol":"tcp","host_port":8080,"container_port":80}]}`:                  "network of process 0",
	} {
		h := startHelper(t)
		if got := h.tell(t, []byte(message), nil); !strings.Contains(got, want) {
			t.Errorf("%s: answered %q", message, got)
		}
		if status := h.wait(t); status != 0 || h.stderr.Len() > 0 {
			t.Errorf("%s: status %d: %s", message, status, h.stderr)
		}
	}
	t.Run("IPv6 on a device for less", func(t *testing.T) {
		message, err := json.Marshal(network.StackConfig{Driver: network.StackTap, MTU: 1279, IPv6: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := startHelper(t).tell(t, message, newGuest(t).tap(1279)); !strings.Contains(got, "IPv6 has at least 1280") {
			t.Errorf("answered %q", got)
		}
	})
	t.Run("a descriptor that is no tap device", func(t *testing.T) {
		null, err := os.Open(os.DevNull)
		if err != nil {
			t.Fatal(err)
		}
		message, err := json.Marshal(network.StackConfig{Driver: network.StackTap})
		if err != nil {
			t.Fatal(err)
		}
		if got := startHelper(t).tell(t, message, null); !strings.Contains(got, "tap device") {
			t.Errorf("answered %q", got)
		}
	})
}

func TestNobodyStartsItByHand(t *testing.T) {
	for _, args := range [][]string{nil, {"--help"}, {"gvisor"}} {
		c := exec.Command(os.Getenv(helperBinary), args...)
		out, _ := c.CombinedOutput()
		if c.ProcessState.ExitCode() != 125 || !strings.HasPrefix(string(out), "urun-netstack is started by urun") {
			t.Errorf("%v: status %d: %s", args, c.ProcessState.ExitCode(), out)
		}
	}
	if out, err := exec.Command(os.Getenv(helperBinary), "--version").Output(); err != nil || !strings.HasPrefix(string(out), "urun-netstack ") {
		t.Errorf("%v: %s", err, out)
	}
}
