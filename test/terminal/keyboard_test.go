package terminal

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/test/testenv"
)

const ctrlD = "\x04"

func TestWhatIsTypedIntoAPipe(t *testing.T) {
	testenv.Mappings(t, func(t *testing.T, userns string) {
		h := kit.Home(t, userns)
		for verb, line := range verbs(h) {
			// Ctrl-D ends the input; within a line it hands over what there is.
			to := redirected(t, "file", false)
			s := sitWith(t, [3]*os.File{1: to.file}, command(line, "sh", "-c", "echo ready >&2; cat; exit 5")...)
			s.sees("ready")
			s.types("one\ntwo\nthr" + ctrlD + "ee" + ctrlD + "\n" + ctrlD)
			if n := s.ends(); n != 5 || to.text() != "one\ntwo\nthree\n" {
				t.Errorf("%s: exit status %d, %q\n%s", verb, n, to.text(), s.shown())
			}
			s.leftAsItWas()
			// Ctrl-C ends the command.
			s = sitWith(t, [3]*os.File{1: to.file}, command(line, "sh", "-c", "echo ready >&2; exec sleep 100")...)
			s.sees("ready")
			s.types(ctrlC)
			if n := s.ends(); n != 130 {
				t.Errorf("%s: exit status %d\n%s", verb, n, s.shown())
			}
			// So does a terminal that hangs up.
			s = sitWith(t, [3]*os.File{1: to.file}, command(line, "sh", "-c", "echo ready >&2; trap '' HUP; cat; exit 6")...)
			s.sees("ready")
			s.slave.Close()
			s.master.Close()
			select {
			case <-s.ended:
			case <-deadline():
				t.Fatalf("%s: it lives on", verb)
			}
		}
		h.Run("rm", "-f", "a").OK(t)
	})
}

// Keeps away: what is typed for the next command was read for one that reads nothing.
func TestALineAtMostIsReadAhead(t *testing.T) {
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	for _, line := range verbs(h) {
		run := strings.Join(command(line, "sh", "-c"), " ") + ` 'echo ready >&2; until test -e /go; do sleep 0.02; done' >/dev/null`
		s := sit(t, "sh", "-c", run+"; while read x; do echo got=$x; done")
		s.sees("ready")
		s.types("1\n2\n3\n4\n5\n")
		time.Sleep(200 * time.Millisecond)
		if err := os.WriteFile(h.Rootfs+"/go", nil, 0o644); err != nil {
			t.Fatal(err)
		}
		s.sees("got=2")
		s.sees("got=5")
		s.types(ctrlD)
		s.ends()
		if err := os.Remove(h.Rootfs + "/go"); err != nil {
			t.Fatal(err)
		}
	}
	h.Run("rm", "-f", "a").OK(t)
}

// Keeps away: half of the keys of less(1), or the password that sudo(8) asks for, went to the command beside it.
func TestWhatIsTypedForSomebodyElse(t *testing.T) {
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	for verb, line := range verbs(h) {
		for _, modes := range []string{"-icanon", "-echo", "-icanon -echo"} {
			s := sit(t, "sh", "-c", strings.Join(line, " ")+` sh -c 'echo ready; sed s/^/inside=/' | {
				read ready; stty `+modes+` </dev/tty; echo asks; sleep 0.3
				echo "secret=$(dd bs=20 count=1 </dev/tty 2>/dev/null)"; stty icanon echo </dev/tty; echo done; exec cat; }`)
			s.sees("asks")
			s.types("hidden\n")
			s.sees("secret=hidden")
			s.sees("done")
			s.types("open\n" + ctrlD)
			s.sees("inside=open")
			if n := s.ends(); n != 0 || strings.Contains(s.shown(), "inside=hidden") {
				t.Errorf("%s, %s: exit status %d\n%s", verb, modes, n, s.shown())
			}
		}
	}
	h.Run("rm", "-f", "a").OK(t)
}

// A program that types, as expect(1) does, may have the terminal not show it.
func TestATerminalThatShowsNothingIsRead(t *testing.T) {
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	for verb, line := range verbs(h, "--no-tty") {
		s := sit(t, "sh", "-c", "stty -echo; "+strings.Join(line, " ")+" sed s/^/inside=/")
		s.types("typed\n" + ctrlD)
		s.sees("inside=typed")
		if n := s.ends(); n != 0 {
			t.Errorf("%s: exit status %d", verb, n)
		}
	}
	h.Run("rm", "-f", "a").OK(t)
}

// Keeps away: a job in the background was stopped (SIGTTIN) although its command reads nothing, or took what is typed into the shell.
func TestAJobInTheBackgroundReadsWhenItIsInTheForeground(t *testing.T) {
	testenv.Need(t, "bash")
	testenv.Unprivileged(t)
	h := kit.Home(t, "")
	for verb, line := range verbs(h) {
		out := t.TempDir() + "/out"
		s := sit(t, "bash", "--norc", "--noprofile", "-i")
		s.sees("host> ")
		s.types(strings.Join(line, " ") + " sh -c 'echo ready >&2; cat; exit 5' </dev/tty >" + out + " &\r")
		s.sees("ready\r\n")
		s.types("echo $((1000+1)); cat\r") // which reads lines, as urun would
		s.sees("\n1001\r\n")
		s.types("for cat\n")
		s.sees("for cat\r\nfor cat\r\n")
		s.types(ctrlD)
		s.sees("host> ")
		s.types("jobs\r")
		s.sees("Running")
		s.types("fg\r")
		s.sees("fg\r\n")
		s.sees("ready >&2; cat")
		s.types("typed\n" + ctrlD)
		s.sees("host> ")
		s.types("echo status=$?\r")
		s.sees("status=5\r\n")
		if b, err := os.ReadFile(out); err != nil || string(b) != "typed\n" {
			t.Errorf("%s: %q, %v", verb, b, err)
		}
		s.types("exit 0\r")
		s.ends()
	}
	h.Run("rm", "-f", "a").OK(t)
}
