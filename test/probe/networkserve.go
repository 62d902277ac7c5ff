package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// serve listens, says where, and prints a line for each who comes: from ADDRESS. What it does with them:
//
//	echo     sends back what it gets; also udp
//	sink     reads to the end, then sends the digest and ends
//	source   sends as many bytes as it is asked for, ends its half, and prints the digest of what still comes
func serve(args []string) error {
	if len(args) != 3 {
		return usage("echo|sink|source tcp|udp HOST:PORT")
	}
	if args[0] == "echo" && strings.HasPrefix(args[1], "udp") {
		return serveDatagrams(args[1], args[2])
	}
	handle := map[string]func(*net.TCPConn) error{"echo": echo, "sink": sink, "source": source}[args[0]]
	if handle == nil {
		return usage("echo|sink|source tcp|udp HOST:PORT")
	}
	l, err := net.Listen(args[1], args[2])
	if err != nil {
		return err
	}
	fmt.Println("listening", l.Addr())
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		came(c.RemoteAddr())
		go func() {
			defer c.Close()
			err := c.SetDeadline(time.Now().Add(patience))
			if err == nil {
				err = handle(c.(*net.TCPConn))
			}
			if err != nil {
				fmt.Println("failed", errnoName(err))
			}
		}()
	}
}

// came prints the address of a peer, without its port and the prefix that a socket for both protocols gives it.
func came(from net.Addr) {
	fmt.Println("from", netip.MustParseAddrPort(from.String()).Addr().Unmap())
}

func echo(c *net.TCPConn) error {
	_, err := io.Copy(c, c)
	return err
}

func sink(c *net.TCPConn) error {
	sum, err := digest(c)
	if err == nil {
		_, err = fmt.Fprintln(c, sum)
	}
	return err
}

func source(c *net.TCPConn) error {
	r := bufio.NewReader(c)
	line, err := r.ReadString('\n')
	if err != nil {
		return err
	}
	n, err := number(strings.TrimSpace(line))
	if err != nil {
		return err
	}
	if _, err := io.CopyBuffer(struct{ io.Writer }{c}, stream(n), make([]byte, 1<<18)); err != nil {
		return err
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	after, err := digest(r)
	if err == nil {
		fmt.Println("after", after)
	}
	return err
}

func serveDatagrams(network, addr string) error {
	c, err := net.ListenPacket(network, addr)
	if err != nil {
		return err
	}
	fmt.Println("listening", c.LocalAddr())
	b := make([]byte, 1<<16)
	for {
		n, from, err := c.ReadFrom(b)
		if err != nil {
			return err
		}
		came(from)
		if _, err := c.WriteTo(b[:n], from); err != nil {
			fmt.Println("failed", errnoName(err))
		}
	}
}

// datagrams sends one of each size to "serve echo udp" and waits for it to come back. A datagram may be lost: it is
// sent three times.
func datagrams(args []string) error {
	if len(args) < 2 {
		return usage("HOST:PORT SIZE...")
	}
	return datagramsFrom(net.Dialer{}, args)
}

// datagramsBy is the same with a socket that is bound to a device: that takes no privilege, and no route.
func datagramsBy(args []string) error {
	if len(args) < 3 {
		return usage("DEVICE HOST:PORT SIZE...")
	}
	bind := func(_, _ string, c syscall.RawConn) (err error) {
		cerr := c.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), args[0]) })
		return errors.Join(err, cerr)
	}
	return datagramsFrom(net.Dialer{Control: bind}, args[1:])
}

func datagramsFrom(d net.Dialer, args []string) error {
	c, err := d.Dial("udp", args[0])
	if err != nil {
		return err
	}
	defer c.Close()
	for _, arg := range args[1:] {
		n, err := number(arg)
		if err != nil {
			return err
		}
		fmt.Println(n, result(datagram(c, n)))
	}
	return nil
}

func datagram(c net.Conn, n int) (err error) {
	sent, _ := io.ReadAll(stream(n))
	got := make([]byte, 1<<16)
	for try := range 3 {
		if _, err = c.Write(sent); err != nil {
			return err
		}
		if err = c.SetReadDeadline(time.Now().Add(200 * time.Millisecond << try)); err != nil {
			return err
		}
		for err == nil { // one that was sent twice comes twice, and is not what is waited for next
			var k int
			if k, err = c.Read(got); err == nil && bytes.Equal(got[:k], sent) {
				return nil
			}
		}
	}
	return err
}
