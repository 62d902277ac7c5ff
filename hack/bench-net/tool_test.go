package main

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func names(list []peer) (names []string) {
	for _, p := range list {
		names = append(names, p.name)
	}
	return names
}

func TestOnlyKeepsWhatAPeerIsComparedWith(t *testing.T) {
	got := names(chosen(peers(options{}), regexp.MustCompile("^podman slirp")))
	want := []string{"host", "podman none", "podman slirp4netns", "podman slirp4netns:port_handler=slirp4netns"}
	if !slices.Equal(got, want) {
		t.Errorf("chosen are %q, want %q", got, want)
	}
}

func TestPortsArePublishedBeforeTheCommand(t *testing.T) {
	for _, p := range peers(options{bin: "/bin", rootfs: "/r"}) {
		line := strings.Join(p.command(options{rootfs: "/r"}, 15203, "/bin/true"), " ")
		if at := strings.Index(line, "15203:"); p.publish != nil && (at < 0 || at > strings.LastIndex(line, "/bin/true")) {
			t.Errorf("%s is run as %q", p.name, line)
		}
		if inside := strings.HasSuffix(line, " /bin/true"); inside != p.inside {
			t.Errorf("%s is run as %q: it has /bin/true inside: %v", p.name, line, p.inside)
		}
	}
}

func TestTheRateIsTheReceivers(t *testing.T) {
	got, err := rate(`a line of the tool's
{"end":{"sum_sent":{"bits_per_second":3e9},"sum_received":{"bits_per_second":2e9}}}`, nil)
	if got != 2 || err != nil {
		t.Errorf("rate = %v, %v, want 2", got, err)
	}
	if _, err := rate(`{"error":"unable to connect"}`, errors.New("exit status 1")); err == nil || err.Error() != "unable to connect" {
		t.Errorf("an iperf3 that fails gives %v, want what it says", err)
	}
	if _, err := rate("", nil); err == nil {
		t.Error("nothing at all is a rate")
	}
}

func TestAProcessIsReadWhateverItsName(t *testing.T) {
	p, state := parseStat("42 (a) Z (b) S 7 42 42 0")
	if p != (process{42, 7, "a) Z (b"}) || state != "S" {
		t.Errorf("parseStat = %+v, %q", p, state)
	}
}
