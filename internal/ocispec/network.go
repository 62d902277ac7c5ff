package ocispec

import (
	"errors"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// NetFlags choose the network. What they say of drivers, ports and names is no part of a specification: it stays as written.
type NetFlags struct {
	Net        string   `name:"net" aliases:"network" placeholder:"MODE[:OPT,...]" help:"Network: auto (the best driver here, the default), none (loopback only), host (yours), slirp4netns, pasta, gvisor, container:NAME. OPT: host-loopback, mtu=, ipv6=false, cidr=, port_handler=rootlesskit, rootlesskit."`
	Publish    []string `name:"publish" short:"p" placeholder:"[IP:]HOST:PORT[/udp]" sep:"none" help:"Listen at a port of the host and pass on to PORT inside; ranges are 8000-8009:80-89, HOST 0 is one that is free. May be repeated."`
	PublishAll bool     `name:"publish-all" short:"P" help:"Publish every --expose at a port that is free."`
	Expose     []string `name:"expose" placeholder:"PORT[/udp]" sep:"none" help:"A port for --publish-all. May be repeated."`
	DNS        []string `name:"dns" placeholder:"IP" sep:"none" help:"Ask this name server instead of the host's; none leaves /etc/resolv.conf as ROOTFS has it. May be repeated."`
	DNSSearch  []string `name:"dns-search" placeholder:"DOMAIN" sep:"none" help:"Look for names in this domain instead of the host's; . for none. May be repeated."`
	DNSOption  []string `name:"dns-option" aliases:"dns-opt" placeholder:"OPTION" sep:"none" help:"An option of resolv.conf(5) instead of the host's. May be repeated."`
	AddHost    []string `name:"add-host" placeholder:"NAME:IP" sep:"none" help:"A line for /etc/hosts; the IP host-gateway is the host's. May be repeated."`
	NoHosts    bool     `name:"no-hosts" help:"Leave /etc/hosts as ROOTFS has it."`
}

func (f *NetFlags) apply(b *build) error {
	mode, rest, _ := strings.Cut(f.Net, ":")
	switch mode {
	case "host":
		b.drop(specs.NetworkNamespace)
	case "container":
		return f.join(b, rest)
	}
	return nil
}

// join puts the container into another one's network. Only who has capabilities in the user namespace that a network namespace
// belongs to can enter it (setns(2)), so that is the container's, too.
func (f *NetFlags) join(b *build, name string) error {
	if b.asksIDs {
		return errors.New("--net " + strconv.Quote(f.Net) + ": a container in another one's network has its ids, too; leave --userns, --uidmap and --gidmap out")
	}
	if b.in.NetworkOf == nil {
		return bad("--net", f.Net, "no other container is known here")
	}
	pid, err := b.in.NetworkOf(name)
	if err != nil {
		return err
	}
	b.extra.Userns = "auto" // keep-id is the default with the host's root
	dir := "/proc/" + strconv.Itoa(pid) + "/ns/"
	namespace(b.spec, specs.UserNamespace).Path = dir + "user"
	namespace(b.spec, specs.NetworkNamespace).Path = dir + "net"
	return nil
}
