package main

import (
	"errors"
	"net/netip"
	"os"
	"strings"
	"unicode"

	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/ocispec"
)

// networkOf is what the flags ask of the network.
func networkOf(f ocispec.NetFlags) (w network.Wish, err error) {
	mode := f.Net
	if mode == "" {
		mode = string(network.Auto)
	}
	w.Named = f.Net != ""
	if err := w.ParseMode(mode); err != nil {
		return w, complain("--net", mode, err)
	}
	if w.Ports, err = published(f); err != nil {
		return w, err
	}
	if w.Names, err = names(f); err != nil {
		return w, err
	}
	if len(w.Ports) == 0 {
		return w, nil
	}
	switch w.Mode {
	case network.None:
		return w, errors.New("--publish: with --net none nothing reaches the container; leave one of them out")
	case network.Host:
		return w, errors.New("--publish: with --net host the container's ports are the host's already; leave one of them out")
	case network.Container:
		return w, errors.New("--publish: the network is the other container's; publish the ports there")
	}
	return w, nil
}

func published(f ocispec.NetFlags) (ports []network.Port, err error) {
	for _, s := range f.Publish {
		list, err := network.ParsePublish(s)
		if err != nil {
			return nil, complain("--publish", s, err)
		}
		ports = append(ports, list...)
	}
	for _, s := range f.Expose {
		list, err := network.ParseExpose(s)
		if err != nil {
			return nil, complain("--expose", s, err)
		}
		if f.PublishAll {
			ports = append(ports, list...)
		}
	}
	if f.PublishAll && len(f.Expose) == 0 {
		return nil, errors.New("--publish-all publishes what --expose names, and there is none; write --expose PORT, or --publish HOST:PORT")
	}
	return ports, nil
}

func names(f ocispec.NetFlags) (n network.Names, err error) {
	n.NoHosts = f.NoHosts
	for _, s := range f.DNS {
		if s == "none" {
			n.NoDNS = true
			continue
		}
		ip, err := netip.ParseAddr(s)
		if err != nil || ip.Zone() != "" { // a zone is a device of the host's
			return n, complain("--dns", s, errors.New("write an IP address, or none"))
		}
		n.Servers = append(n.Servers, ip)
	}
	if n.NoDNS && len(f.DNS)+len(f.DNSSearch)+len(f.DNSOption) > 1 {
		return n, errors.New("--dns none leaves /etc/resolv.conf as it is; leave the other --dns flags out")
	}
	for _, list := range []struct {
		flag   string
		values []string
		to     *[]string
	}{{"--dns-search", f.DNSSearch, &n.Search}, {"--dns-option", f.DNSOption, &n.Options}} {
		for _, s := range list.values {
			if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' || r == ';' || unicode.IsSpace(r) }) {
				return n, complain(list.flag, s, errors.New("write one word, and repeat the flag for more"))
			}
		}
		*list.to = list.values
	}
	for _, s := range f.AddHost {
		e, err := network.ParseHostEntry(s)
		if err != nil {
			return n, complain("--add-host", s, err)
		}
		n.Hosts = append(n.Hosts, e)
	}
	if n.NoHosts && len(n.Hosts) > 0 {
		return n, errors.New("--no-hosts leaves /etc/hosts as it is; leave --add-host out")
	}
	return n, nil
}

// places are where the network's programs are looked for.
func places() network.Places {
	self, _ := os.Executable() // without /proc nothing runs
	return network.Places{Path: os.Getenv("PATH"), Self: self}
}
