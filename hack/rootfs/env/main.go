// Command env runs a program with variables set, or prints the environment.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

func main() {
	args := os.Args[1:]
	for len(args) > 0 {
		name, value, ok := strings.Cut(args[0], "=")
		switch {
		case ok:
			if err := os.Setenv(name, value); err != nil {
				fail(125, err)
			}
		case args[0] == "-i":
			os.Clearenv()
		default:
			path, err := exec.LookPath(args[0])
			if err != nil {
				fail(127, err)
			}
			fail(126, syscall.Exec(path, args, os.Environ()))
		}
		args = args[1:]
	}
	for _, v := range os.Environ() {
		fmt.Println(v)
	}
}

func fail(status int, err error) {
	fmt.Fprintln(os.Stderr, "env:", err)
	os.Exit(status)
}
