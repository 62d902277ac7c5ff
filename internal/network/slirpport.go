package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// forward has slirp4netns listen at a port: slirp4netns(1), "API SOCKET". One request
// to a connection.
func forward(socket string, p Port) error {
	conn, err := net.DialTimeout("unix", socket, readyDeadline)
	if err != nil {
		return fmt.Errorf("connect to slirp4netns: %w", err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(readyDeadline)); err != nil {
		return err
	}
	proto := p.Proto
	if p.HostIP.Is6() {
		proto += "6"
	}
	type arguments struct {
		Proto     string `json:"proto"`
		HostAddr  string `json:"host_addr"`
		HostPort  uint16 `json:"host_port"`
		GuestPort uint16 `json:"guest_port"`
	}
	ip, _, err := net.SplitHostPort(p.Host())
	if err != nil {
		return err
	}
	request := struct {
		Execute   string    `json:"execute"`
		Arguments arguments `json:"arguments"`
	}{"add_hostfwd", arguments{proto, ip, p.HostPort, p.ContainerPort}}
	if err := json.NewEncoder(conn).Encode(request); err != nil {
		return fmt.Errorf("ask slirp4netns for a port: %w", err)
	}
	if err := conn.(*net.UnixConn).CloseWrite(); err != nil {
		return err
	}
	b, err := io.ReadAll(io.LimitReader(conn, 64<<10))
	if err != nil {
		return fmt.Errorf("ask slirp4netns for a port: %w", err)
	}
	var answer struct {
		Error *struct {
			Desc string `json:"desc"`
		} `json:"error"`
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		return fmt.Errorf("read slirp4netns's answer %q: %w", b, err)
	}
	switch {
	case answer.Error == nil:
		return nil
	case strings.Contains(answer.Error.Desc, "slirp_add_hostfwd"): // it tells no errno; Reserve has looked a moment ago
		return &PortError{p, unix.EADDRINUSE}
	}
	return &PortError{p, errors.New(answer.Error.Desc)}
}
