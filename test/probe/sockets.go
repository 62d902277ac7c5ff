package main

import (
	"fmt"
	"net"
	"time"
)

// address turns "unix PATH", "abstract NAME" and "tcp HOST:PORT" into what package net takes.
func address(args []string) (network, addr string, err error) {
	if len(args) != 2 {
		return "", "", usage("unix PATH | abstract NAME | tcp HOST:PORT")
	}
	switch args[0] {
	case "unix", "tcp", "udp":
		return args[0], args[1], nil
	case "abstract":
		return "unix", "@" + args[1], nil
	}
	return "", "", usage("unix PATH | abstract NAME | tcp HOST:PORT")
}

func connect(args []string) error {
	network, addr, err := address(args)
	if err != nil {
		return err
	}
	c, err := net.DialTimeout(network, addr, 2*time.Second)
	if err != nil {
		return err
	}
	fmt.Println("connected")
	return c.Close()
}

// listen prints "listening" and then answers every connection until it is ended.
func listen(args []string) error {
	network, addr, err := address(args)
	if err != nil {
		return err
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		fmt.Println("accepted")
		c.Close()
	}
}
