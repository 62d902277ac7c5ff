package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"time"
)

// patience is how long one attempt over the network may take; the largest transfer of a test is done in less.
const patience = 15 * time.Second

// stream is n bytes that are the same at both ends of a transfer.
func stream(n int) io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{}), int64(n)) }

// digest reads to the end and says how much there was, and its hash.
func digest(r io.Reader) (string, error) {
	h := sha256.New()
	n, err := io.CopyBuffer(struct{ io.Writer }{h}, r, make([]byte, 1<<18))
	return fmt.Sprintf("%d %x", n, h.Sum(nil)[:8]), err
}

func dialTCP(addr string) (*net.TCPConn, error) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), c.SetDeadline(time.Now().Add(patience))
}

// transfer reads its command line: HOST:PORT BYTES.
func transfer(args []string) (c *net.TCPConn, n int, err error) {
	if len(args) != 2 {
		return nil, 0, usage("HOST:PORT BYTES")
	}
	if n, err = number(args[1]); err == nil {
		c, err = dialTCP(args[0])
	}
	return c, n, err
}

// same prints the digest of both ends, or fails with the two of them.
func same(got string, n int) error {
	want, err := digest(stream(n))
	if err == nil && got != want {
		err = fmt.Errorf("the other end has %q, want %q", got, want)
	}
	if err == nil {
		fmt.Println("ok", n)
	}
	return err
}

// send sends BYTES to "serve sink", ends its half of the connection and only then reads what arrived there.
func send(args []string) error {
	c, n, err := transfer(args)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.CopyBuffer(struct{ io.Writer }{c}, stream(n), make([]byte, 1<<18)); err != nil {
		return err
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	got, err := io.ReadAll(c)
	if err != nil {
		return err
	}
	return same(strings.TrimSpace(string(got)), n)
}

// receive reads BYTES from "serve source" until that has ended its half, and then sends 1000 bytes back.
func receive(args []string) error {
	c, n, err := transfer(args)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := fmt.Fprintln(c, n); err != nil {
		return err
	}
	got, err := digest(c)
	if err != nil {
		return err
	}
	if _, err := io.Copy(c, stream(1000)); err != nil {
		return err
	}
	return errors.Join(c.CloseWrite(), same(got, n))
}
