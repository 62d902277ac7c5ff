// Command urun runs a root file system as a container, without root.
//
// This package is the command line and nothing else: it reads flags and the environment, makes one call, and turns an
// error into an exit status.
package main

import "os"

func main() {
	v, c, help, err := parse(os.Args[1:])
	if err == nil && help {
		c = &helpCmd{verb: []string{v.name}}
	}
	if h, ok := c.(*helpCmd); ok && err == nil {
		var text string
		if text, err = helpFor(h.verb); err == nil {
			os.Stdout.WriteString(text)
			return
		}
	}
	if err != nil {
		os.Stderr.WriteString("urun: " + err.Error() + "\n")
		os.Exit(125)
	}
}
