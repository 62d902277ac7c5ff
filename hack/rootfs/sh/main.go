// Command sh is the /bin/sh of the rootfs that hack/rootfs/build makes: a POSIX shell and much of bash, in Go.
//
// The interpreter is mvdan.cc/sh; its own command, gosh, takes neither positional parameters with -c nor the flags
// that scripts and container tools pass to a shell. There is no job control and no line editing.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/term"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// invocation is the shell's command line, as POSIX's sh describes it.
type invocation struct {
	options     []string // for set, such as -e
	command     *string  // the operand of -c
	interactive bool
	name        string   // $0
	args        []string // $1 and on
}

func main() {
	inv, err := parse(os.Args)
	if err == nil {
		err = run(inv)
	}
	var status interp.ExitStatus
	switch {
	case errors.As(err, &status):
		os.Exit(int(status))
	case err != nil:
		fmt.Fprintln(os.Stderr, "sh:", err)
		os.Exit(2)
	}
}

func parse(argv []string) (invocation, error) {
	inv := invocation{name: argv[0]}
	wantCommand := false
	rest := argv[1:]
	for len(rest) > 0 && len(rest[0]) > 1 && (rest[0][0] == '-' || rest[0][0] == '+') {
		flag := rest[0]
		rest = rest[1:]
		if flag == "--" {
			break
		}
		if flag == "--login" {
			continue
		}
		for _, letter := range flag[1:] {
			switch letter {
			case 'c':
				wantCommand = true
			case 'i':
				inv.interactive = true
			case 'l', 's', 'm':
				// a login shell, standard input, job control: nothing to do here
			case 'o':
				if len(rest) == 0 {
					return inv, errors.New("-o wants the name of an option")
				}
				inv.options = append(inv.options, flag[:1]+"o", rest[0])
				rest = rest[1:]
			default:
				inv.options = append(inv.options, flag[:1]+string(letter))
			}
		}
	}
	if wantCommand {
		if len(rest) == 0 {
			return inv, errors.New("-c wants a command")
		}
		inv.command, rest = &rest[0], rest[1:]
	}
	if len(rest) > 0 {
		inv.name, inv.args = rest[0], rest[1:]
	}
	return inv, nil
}

func run(inv invocation) error {
	params := append(append([]string{}, inv.options...), "--")
	r, err := interp.New(
		interp.StdIO(os.Stdin, os.Stdout, os.Stderr),
		interp.Params(append(params, inv.args...)...),
	)
	if err != nil {
		return err
	}
	switch {
	case inv.command != nil:
		return script(r, strings.NewReader(*inv.command), inv.name)
	case inv.name != os.Args[0]:
		f, err := os.Open(inv.name)
		if err != nil {
			return err
		}
		defer f.Close()
		return script(r, f, inv.name)
	case inv.interactive || term.IsTerminal(int(os.Stdin.Fd())):
		return converse(r)
	default:
		return script(r, os.Stdin, inv.name)
	}
}

func script(r *interp.Runner, in io.Reader, name string) error {
	prog, err := syntax.NewParser().Parse(in, name)
	if err != nil {
		return err
	}
	return r.Run(context.Background(), prog)
}

func converse(r *interp.Runner) error {
	// Caught and dropped, not ignored: a command that the shell starts would inherit the ignoring.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	var last error
	for {
		prompt(os.Stderr)
		parser := syntax.NewParser()
		err := parser.Interactive(os.Stdin, func(stmts []*syntax.Stmt) bool {
			if parser.Incomplete() {
				fmt.Fprint(os.Stderr, "> ")
				return true
			}
			for _, stmt := range stmts {
				last = r.Run(context.Background(), stmt)
				if r.Exited() {
					return false
				}
			}
			prompt(os.Stderr)
			return true
		})
		if err == nil {
			return last
		}
		fmt.Fprintln(os.Stderr, "sh:", err)
	}
}

func prompt(w io.Writer) {
	if os.Geteuid() == 0 {
		fmt.Fprint(w, "# ")
		return
	}
	fmt.Fprint(w, "$ ")
}
