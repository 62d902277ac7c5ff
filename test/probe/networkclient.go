package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// fetch gets a page by HTTP/1.0, of which the server says the digest in a header, and prints the status and the length.
func fetch(args []string) error {
	if len(args) != 2 {
		return usage("HOST:PORT PATH")
	}
	c, err := dialTCP(args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", args[1], args[0]); err != nil {
		return err
	}
	r := textproto.NewReader(bufio.NewReader(c))
	status, err := r.ReadLine()
	if err != nil {
		return err
	}
	header, err := r.ReadMIMEHeader()
	if err != nil {
		return err
	}
	got, err := digest(r.R)
	if err == nil && got != header.Get("Digest") {
		err = fmt.Errorf("the body has %q, want %q", got, header.Get("Digest"))
	}
	if err == nil {
		fmt.Println(status, header.Get("Content-Length"))
	}
	return err
}

// many makes N short connections to "serve echo", four at a time when there are many.
func many(args []string) error {
	if len(args) != 2 {
		return usage("HOST:PORT N")
	}
	n, err := number(args[1])
	if err != nil {
		return err
	}
	var wait sync.WaitGroup
	var done atomic.Int32
	errs := make([]error, min(4, 1+n/10))
	for i := range errs {
		wait.Go(func() {
			for int(done.Add(1)) <= n {
				if errs[i] = once(args[0]); errs[i] != nil {
					return
				}
			}
		})
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	fmt.Println("ok", n)
	return nil
}

func once(addr string) error {
	c, err := dialTCP(addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Write([]byte("x")); err != nil {
		return err
	}
	_, err = io.ReadFull(c, make([]byte, 1))
	return err
}

// ping sends one echo request as a user may: ping_group_range in icmp(7).
func ping(args []string) error {
	if len(args) != 1 {
		return usage("ADDRESS")
	}
	to, err := netip.ParseAddr(args[0])
	if err != nil || !to.Is4() {
		return usage("ADDRESS: not an IPv4 address")
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_ICMP)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 3}); err != nil {
		return err
	}
	request := []byte{8, 0, 0, 0, 0, 0, 0, 1} // the kernel fills in what is 0
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrInet4{Addr: to.As4()}); err != nil {
		return err
	}
	answer := make([]byte, 64)
	if _, err := unix.Read(fd, answer); err != nil {
		return err
	}
	if answer[0] != 0 {
		return fmt.Errorf("the answer is of type %d", answer[0])
	}
	fmt.Println("ok")
	return nil
}

// lookup prints the addresses of names, as a program finds them that reads /etc/hosts and /etc/resolv.conf anew.
func lookup(names []string) error {
	for _, name := range names {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		addrs, err := net.DefaultResolver.LookupHost(ctx, name)
		cancel()
		slices.Sort(addrs)
		switch dns, ok := errors.AsType[*net.DNSError](err); {
		case ok && dns.IsNotFound:
			fmt.Println(name, "unknown")
		case err != nil:
			return err
		default:
			fmt.Println(name, strings.Join(addrs, " "))
		}
	}
	return nil
}
