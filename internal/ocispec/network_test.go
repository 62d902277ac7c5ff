package ocispec

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func netFlags(mode string) *Flags { return &Flags{NetFlags: NetFlags{Net: mode}} }

// namespaces prints a specification's, with their paths.
func namespaces(s *specs.Spec) string {
	var list []string
	for _, ns := range s.Linux.Namespaces {
		word := string(ns.Type)
		if ns.Path != "" {
			word += "=" + ns.Path
		}
		list = append(list, word)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func TestNetworksAndNamespaces(t *testing.T) {
	const own = "cgroup ipc mount network pid user uts"
	in := here()
	in.NetworkOf = func(name string) (int, error) { return 4711, nil }
	for mode, want := range map[string]string{
		"": own, "none": own, "auto": own, "auto:host-loopback": own, "slirp4netns": own, "pasta:mtu=1500": own, "gvisor": own,
		"host":          "cgroup ipc mount pid user uts",
		"container:web": "cgroup ipc mount network=/proc/4711/ns/net pid user=/proc/4711/ns/user uts",
	} {
		spec, _ := mustSpec(t, netFlags(mode), in)
		if got := namespaces(spec); got != want {
			t.Errorf("%q: got %s, want %s", mode, got, want)
		}
	}
}

func TestTheOtherContainerIsAskedForByItsName(t *testing.T) {
	in := here()
	var asked []string
	in.NetworkOf = func(name string) (int, error) {
		asked = append(asked, name)
		if name == "gone" {
			return 0, errors.New("there is no container \"gone\"")
		}
		return 5, nil
	}
	mustSpec(t, netFlags("container:a:b"), in)
	mustSpec(t, netFlags("host"), in)
	if _, _, err := FromFlags(netFlags("container:gone"), in); err == nil || err.Error() != `there is no container "gone"` {
		t.Errorf("got %v", err)
	}
	if got := strings.Join(asked, " "); got != "a:b gone" {
		t.Errorf("asked for %s", got)
	}
	in.NetworkOf = nil
	if _, _, err := FromFlags(netFlags("container:web"), in); err == nil || !strings.HasPrefix(err.Error(), `--net "container:web": no other container is known here`) {
		t.Errorf("where nobody is known: %v", err)
	}
}

// Its ids are the other container's, so there is nothing to choose.
func TestIDsAreNotChosenInAnotherOnesNetwork(t *testing.T) {
	in := here()
	in.NetworkOf = func(string) (int, error) { return 0, errors.New("asked in vain") }
	for name, maps := range map[string]MapFlags{
		"single": {Userns: "single"}, "keep-id": {Userns: "keep-id"}, "uidmap": {UIDMap: []string{"0:1000:1"}}, "gidmap": {GIDMap: []string{"0:1000:1"}},
	} {
		f := netFlags("container:web")
		f.MapFlags = maps
		if _, _, err := FromFlags(f, in); err == nil || !strings.HasPrefix(err.Error(), `--net "container:web": a container in another one's network has its ids, too; leave --userns, --uidmap and --gidmap out`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	in.NetworkOf = func(string) (int, error) { return 5, nil }
	f := netFlags("container:web")
	f.Userns = "auto"
	mustSpec(t, f, in)
}

// What the network's flags say of ports and names is no part of a specification: it stays as it is without them.
func TestPortsAndNamesAreNoPartOfASpecification(t *testing.T) {
	plain, _ := mustSpec(t, netFlags(""), here())
	f := &Flags{NetFlags: NetFlags{Net: "auto", Publish: []string{"8080:80"}, PublishAll: true, Expose: []string{"80"}, DNS: []string{"192.0.2.1"}, DNSSearch: []string{"a"}, DNSOption: []string{"ndots:2"},
		AddHost: []string{"db:192.0.2.1"}, NoHosts: true}}
	full, _ := mustSpec(t, f, here())
	if namespaces(plain) != namespaces(full) || len(plain.Mounts) != len(full.Mounts) || len(plain.Linux.Sysctl) != len(full.Linux.Sysctl) || len(full.Annotations) != 0 {
		t.Errorf("got %+v, want %+v", full, plain)
	}
}
