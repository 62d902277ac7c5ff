package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
)

const (
	hostIP   = "192.0.2.2"
	hostIP6  = "2001:db8::2"
	worldIP  = "192.0.2.1"
	worldIP6 = "2001:db8::1"

	bytePort  = 8000  // sends one byte to whoever connects
	iperfPort = 5201  // an iperf3 server's, in the world, on the host or in a container
	firstPort = 15202 // of those that it is published at
)

// world is the process behind the wire: it serves single bytes and iperf3, and its network namespace is the world.
// It lays the wire, whose other end is with process 1, and says on descriptor 3 that it is ready.
func world() error {
	ready := os.NewFile(3, "ready")
	for _, line := range [][]string{{"link", "set", "lo", "up"}, {"link", "add", "wire", "type", "veth", "peer", "name", "eth0", "netns", "1"},
		{"addr", "add", worldIP + "/24", "dev", "wire"}, {"addr", "add", worldIP6 + "/64", "dev", "wire", "nodad"}, {"link", "set", "wire", "up"}} {
		if err := ip(line...); err != nil {
			return err
		}
	}
	l, err := net.Listen("tcp", ":"+strconv.Itoa(bytePort))
	if err != nil {
		return err
	}
	server := exec.Command("iperf3", "-s", "-p", strconv.Itoa(iperfPort), "--forceflush")
	if _, err := awaitListening(server, nil); err != nil {
		return err
	}
	if _, err := ready.Write([]byte{1}); err != nil {
		return err
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			_, _ = c.Write([]byte("x"))
			c.Close()
		}()
	}
}

func ip(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("run ip %v: %w: %s", args, err, out)
	}
	return nil
}
