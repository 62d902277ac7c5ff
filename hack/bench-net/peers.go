package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// peer is one way to run a command in a network of its own.
type peer struct {
	name    string
	less    string   // the peer that is the same without this network, to be taken off; "" for what is taken off
	argv    []string // the tool and its flags
	after   []string // what comes between the published port and the command
	publish []string // the flags that publish iperf3's port, with %d for the host's; nil: it cannot
	ports   bool     // it differs from another peer in published ports alone, and nothing else is measured
	seldom  bool     // so slow that a quarter of the runs is enough for starts
	front   string   // the tool's process that waits for the command and is no helper of the network's
	inside  bool     // the command is one of the rootfs, not of the host
}

// command is the command line that runs something, with iperf3's port published at one of the host's unless that is 0.
func (p peer) command(o options, port int, argv ...string) []string {
	line := slices.Clone(p.argv)
	if port != 0 {
		for _, flag := range p.publish {
			line = append(line, strings.ReplaceAll(flag, "%d", strconv.Itoa(port)))
		}
	}
	line = append(line, p.after...)
	if !p.inside && (argv[0] == "/bin/true" || argv[0] == "/bin/first") {
		argv = append([]string{o.rootfs + argv[0]}, argv[1:]...) // the same program as inside
	}
	return append(line, argv...)
}

// host is what all are compared with: no container, no network but the host's.
func host() peer { return peer{name: "host"} }

// peers are all there could be.
func peers(o options) []peer {
	list := []peer{host()}
	publish := []string{"-p", "%d:" + strconv.Itoa(iperfPort)}
	urun := func(ports bool, mode string) {
		handler := ""
		if strings.HasSuffix(mode, ":rootlesskit") {
			handler = ",port_handler=rootlesskit" // these drivers forward no ports themselves
		}
		p := peer{name: "urun " + mode, argv: []string{o.bin + "/urun", "--net", mode + handler}, publish: publish, after: []string{o.rootfs}, ports: ports, front: "urun", inside: true}
		if mode != "none" {
			p.less = "urun none"
		}
		list = append(list, p)
	}
	for _, mode := range []string{"none", "auto", "slirp4netns", "pasta", "gvisor", "slirp4netns:rootlesskit", "pasta:rootlesskit", "gvisor:rootlesskit"} {
		urun(false, mode)
	}
	for _, driver := range []string{"slirp4netns", "pasta", "gvisor"} {
		urun(true, driver+":port_handler=rootlesskit")
	}
	podman := func(ports bool, mode string) {
		p := peer{name: "podman " + mode, publish: publish, after: []string{"--rootfs", o.rootfs}, ports: ports, seldom: true, front: "podman", inside: true,
			argv: []string{"podman", "--root", o.userDir() + "/storage", "--runroot", o.runtimeDir() + "/storage", "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "run", "--rm", "--network", mode}}
		if mode != "none" {
			p.less = "podman none"
		}
		list = append(list, p)
	}
	for _, mode := range []string{"none", "slirp4netns", "pasta"} {
		podman(false, mode)
	}
	podman(true, "slirp4netns:port_handler=slirp4netns")
	kit := []string{"-p", "0.0.0.0:%d:" + strconv.Itoa(iperfPort) + "/tcp"}
	for _, driver := range []string{"none", "slirp4netns", "pasta", "gvisor-tap-vsock"} {
		p := peer{name: "rootlesskit " + driver, argv: []string{o.bin + "/rootlesskit", "--net=" + driver}}
		if driver != "none" {
			ports := "--port-driver=builtin"
			if driver == "pasta" {
				ports = "--port-driver=implicit" // it takes no other of those that are here
			}
			// Only with a port: a command as short as true may end before that driver has begun, which fails.
			p.less, p.publish = "rootlesskit none", append([]string{ports}, kit...)
			p.argv = append(p.argv, "--copy-up=/etc", "--disable-host-loopback")
		}
		list = append(list, p)
	}
	return list
}

// chosen are those that are asked for, and what they are compared with.
func chosen(list []peer, only *regexp.Regexp) []peer {
	less := map[string]bool{"host": true}
	for _, p := range list {
		if only.MatchString(p.name) {
			less[p.less] = true
		}
	}
	return slices.DeleteFunc(list, func(p peer) bool { return !less[p.name] && !only.MatchString(p.name) })
}

type leftOut struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// usable runs each peer once: only what is installed and works is measured, and the others say why not.
func usable(o options, list []peer) (ready []peer, out []leftOut) {
	for _, p := range list {
		if len(p.argv) > 0 {
			if _, err := exec.LookPath(p.argv[0]); err != nil {
				out = append(out, leftOut{p.name, "not installed"})
				continue
			}
		}
		port := 0
		if p.ports {
			port = firstPort - 1
		}
		argv := p.command(o, port, "/bin/true")
		if p.less != "" || p.name == "host" {
			argv = p.command(o, port, "/bin/first", worldAddress())
		}
		if _, err := run(o, patience, argv...); err != nil {
			out = append(out, leftOut{p.name, fmt.Sprintf("does not run here: %v", err)})
			continue
		}
		ready = append(ready, p)
	}
	return ready, out
}

func worldAddress() string { return fmt.Sprintf("%s:%d", worldIP, bytePort) }

// is tells whether the peer is of a tool.
func (p peer) is(tool string) bool { return strings.HasPrefix(p.name, tool+" ") }
