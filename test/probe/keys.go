package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// sessionWith begins a session keyring with a key in it. What others have left counts until the kernel has collected it.
func sessionWith(name string) (session int, err error) {
	for range 500 {
		session, err = unix.KeyctlInt(unix.KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0) // one without a name
		if err == nil {
			_, err = unix.AddKey("user", name, []byte("secret"), session)
		}
		if !errors.Is(err, unix.EDQUOT) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return session, err
}

// keys has three verbs:
//
//	keys with NAME COMMAND...  runs a command with a session keyring that has a key of this name
//	keys full NAME COMMAND...  the same, and the user may have no more keys
//	keys find NAME             says for the keyrings that a process can name whether the key is found through them
func keys(args []string) error {
	if len(args) < 2 || (args[0] == "find") != (len(args) == 2) {
		return usage("with|full NAME COMMAND [ARG...] | find NAME")
	}
	if args[0] == "find" {
		for _, ring := range []struct {
			name string
			id   int
		}{{"session", unix.KEY_SPEC_SESSION_KEYRING}, {"user", unix.KEY_SPEC_USER_KEYRING}, {"user session", unix.KEY_SPEC_USER_SESSION_KEYRING}} {
			_, err := unix.KeyctlSearch(ring.id, "user", args[1], 0)
			fmt.Println(ring.name, result(err))
		}
		return nil
	}
	path, err := exec.LookPath(args[2])
	if err != nil {
		return err
	}
	runtime.LockOSThread() // a session keyring is a thread's
	session, err := sessionWith(args[1])
	if err != nil {
		return err
	}
	for i := 0; args[0] == "full"; i++ {
		_, err := unix.AddKey("user", fmt.Sprint(args[1], i), []byte("x"), session)
		if errors.Is(err, unix.EDQUOT) {
			break
		}
		if err != nil {
			return err
		}
	}
	return unix.Exec(path, args[2:], os.Environ())
}
