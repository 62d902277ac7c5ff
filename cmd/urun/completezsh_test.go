package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/urun-project/urun/test/testenv"
)

// listing has zsh write what is offered, and a line when all of it is: its completion works at a prompt alone.
const listing = `fpath=($3 $fpath)
autoload -U compinit && compinit -u -D
[[ -n "$3" ]] || source $1
PS1=
unsetopt beep
compadd() {
  local -a found
  if (( ${argv[(I)-[OAD]]} )); then # a question of the completion's to itself
    builtin compadd "$@"
    return
  fi
  builtin compadd -O found "$@"
  (( $#found )) && print -rl -- $found >>$2
  builtin compadd "$@"
}
finish() {
  zle complete-word
  zle kill-whole-line
  print -r -- END >>$2
}
`

func TestZshCompletes(t *testing.T) {
	testenv.Need(t, "zsh")
	script := shellScript(t, "zsh")
	t.Run("sourced", func(t *testing.T) { zshCompletes(t, script, "", completions) })
	// As packages install it: in a directory of functions, loaded at the first use.
	dir := t.TempDir()
	if err := os.Rename(script, filepath.Join(dir, "_urun")); err != nil {
		t.Fatal(err)
	}
	t.Run("loaded", func(t *testing.T) { zshCompletes(t, dir+"/_urun", dir, completions[:12]) })
}

func zshCompletes(t *testing.T, script, functions string, list []completion) {
	if out, err := exec.Command("zsh", "-n", script).CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v\n%s", err, out)
	}
	dir, env := place(t)
	hits := filepath.Join(t.TempDir(), "hits")
	setup := filepath.Join(t.TempDir(), "setup")
	text := strings.NewReplacer("$1", script, "$2", hits, "$3", functions).Replace(listing) + "zle -N finish\nbindkey '^I' finish\nprint END >>" + hits + "\n"
	if err := os.WriteFile(setup, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("zsh", "-f", "-i")
	c.Dir, c.Env = dir, env
	terminal, err := pty.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()         // that is how it ends
		terminal.Close()     // first, it would wait for the read below
	}()
	go io.Copy(io.Discard, terminal) // until zsh has ended
	ask := func(line string) (words []string) {
		t.Helper()
		if err := os.Remove(hits); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if _, err := io.WriteString(terminal, line); err != nil {
			t.Fatal(err)
		}
		for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
			b, _ := os.ReadFile(hits) // it is made by what is waited for
			if all, done := strings.CutSuffix(string(b), "END\n"); done {
				return strings.Split(all, "\n")
			}
		}
		t.Fatalf("%q: zsh did not come to an end", line)
		return nil
	}
	ask("source " + setup + "\n")
	for _, tt := range list {
		offered(t, tt.line, ask("urun "+tt.line+"\t"), tt.want)
	}
	for _, line := range notOffered {
		for _, word := range ask("urun " + line + "\t") {
			if strings.HasPrefix(word, "--") {
				t.Errorf("%q: %s", line, word)
			}
		}
	}
}
