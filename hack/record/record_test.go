package main

import (
	"encoding/xml"
	"flag"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

var update = flag.Bool("update", false, "write what is recorded to docs instead of comparing it")

// What the documents show of a first session is what urun does today.
func TestTheRecordedSessionIsWhatHappens(t *testing.T) {
	testenv.Unprivileged(t)
	testenv.Need(t, "bash", "go", "make")
	if !testenv.HasRange() {
		testenv.Skip(t, "no subordinate ids, or no newuidmap: urun would say so in the session")
	}
	tun, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		testenv.Skip(t, err.Error()+": urun would say so in the session")
	}
	tun.Close()
	bin, rootfs := t.TempDir(), testenv.Root()+"/build/rootfs"
	if err := testenv.Build(bin, "./cmd/urun", "./cmd/urun-netstack", "./cmd/urun-image"); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("../rootfs/build", rootfs).CombinedOutput(); err != nil {
		testenv.Skip(t, "the root file system cannot be built, perhaps for want of Go modules: "+err.Error()+": "+string(out))
	}
	r, err := recordingOf("session", bin, rootfs)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.files() {
		name := testenv.Root() + "/docs/first-session" + f.ending
		if *update {
			if err := os.WriteFile(name, f.content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) == string(f.content) {
			continue
		}
		if f.ending != ".txt" {
			t.Errorf("%s is another one; make record writes it anew", name)
			continue
		}
		t.Errorf("%s is stale; look at what has changed, then make record. Now it is\n%s", name, f.content)
	}
	svg := r.files()[2].content
	if len(svg) > 200_000 {
		t.Errorf("the picture has %d bytes", len(svg))
	}
	for d := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
	}
}

func TestASessionIsRead(t *testing.T) {
	got, err := parse("// for the reader\n\n# why\nwait 1500ms\n$ urun ps\n$ true\n")
	if err != nil || len(got) != 3 || got[0].remark != "why" || got[1].command != "urun ps" || got[1].wait.Milliseconds() != 1500 || got[2].wait != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, text := range []string{"urun ps", "wait long", "#no blank"} {
		if _, err := parse(text); err == nil {
			t.Errorf("%q is a session", text)
		}
	}
}

func TestNothingOfTheMomentStays(t *testing.T) {
	one, two := strings.Repeat("0123456789abcdef", 4), strings.Repeat("fedcba9876543210", 4)
	session := func(id, home, ago string) string {
		pad := func(words ...string) string {
			line := ""
			for i, w := range words {
				line += w + strings.Repeat(" ", []int{14, 30, 20, 20, 7, 5}[i]-len(w))
			}
			return strings.TrimRight(line, " ") + "\r\n"
		}
		script := []step{
			{output: id + "\r\n"},
			{output: pad("CONTAINER ID", "IMAGE", "CREATED", "STATUS", "PORTS", "NAMES") + pad(id[:12], home+"/rootfs", ago+" ago", "Up "+ago, "", "web")},
			{output: "urun: the rootfs " + home + "/x is not there\r\nurun: it ends at logout; loginctl enable-linger\r\n"},
			{output: "hostname " + id[20:32] + "\r\n"},
		}
		normalize(script, []string{home, "/home/you"})
		return recording{script}.text()
	}
	got := session(one, "/some/where/long", "2 seconds")
	if again := session(two, "/a", "13 seconds"); again != got {
		t.Errorf("two moments differ:\n%s\n%s", got, again)
	}
	for _, line := range []string{"/home/you/rootfs  2 seconds ago  Up 2 seconds         web\n", "CONTAINER ID  IMAGE             CREATED", "urun: the rootfs /home/you/x is not there\n$ \nhostname 5d1a7403f9e2\n"} {
		if !strings.Contains(got, line) {
			t.Errorf("it lacks %q:\n%s", line, got)
		}
	}
}

func TestATerminalShowsWhatIsWritten(t *testing.T) {
	long := strings.Repeat("x", columns+2)
	s := screenOf([]event{{1, "\x1b[90mgrey\x1b[0m plain\r\n"}, {2, "a\tb\r\nabc\rX\x1b[K\x1b[?25l\r\n" + long + "\x1b["}, {3, "."}})
	var got []string
	for _, line := range s.lines {
		text := ""
		for _, c := range line {
			text += string(c.letter)
		}
		got = append(got, text)
	}
	if want := "grey plain|a       b|X|" + long[2:] + "|xx."; strings.Join(got, "|") != want {
		t.Errorf("it shows %q, want %q", strings.Join(got, "|"), want)
	}
	if first := s.lines[0]; first[0].style != "grey" || first[5].style != "" || first[0].at != 1 || s.end != 3 {
		t.Errorf("its first line is %+v", first)
	}
}

func TestTheCastTellsWhenWhatIsTyped(t *testing.T) {
	r := recording{[]step{{remark: "why"}, {command: "ls", output: "a\r\n"}}}
	events := r.events()
	var all string
	last := 0.0
	for _, e := range events {
		if e.at < last {
			t.Errorf("%+v is before what it follows", e)
		}
		last = e.at
		all += e.text
	}
	if want := grey + "# why" + plain + "\r\n" + green + "$" + plain + " ls\r\na\r\n" + green + "$" + plain + " "; all != want {
		t.Errorf("it shows %q, want %q", all, want)
	}
	lines := strings.Split(strings.TrimSpace(string(cast(events))), "\n")
	if len(lines) != len(events)+1 || !strings.HasPrefix(lines[0], `{"version":2,"width":100,"height":30,`) || lines[1] != `[0.300,"o","\u001b[90m# why\u001b[0m\r\n"]` {
		t.Errorf("the cast is\n%s", strings.Join(lines, "\n"))
	}
}

func TestALineIsDividedIntoWhatAppearsAtOnce(t *testing.T) {
	s := screenOf(recording{[]step{{command: "ls -l", output: "total 0\r\n"}}}.events())
	list := runs(s.lines[0])
	if len(list) != 2 || list[0].text != "$" || list[0].style != "green" || list[0].from != list[0].to ||
		list[1].text != "ls -l" || list[1].col != 2 || list[1].to <= list[1].from {
		t.Errorf("the typed line is %+v", list)
	}
	if list = runs(s.lines[1]); len(list) != 1 || list[0].text != "total 0" || list[0].from != list[0].to {
		t.Errorf("the answer is %+v", list)
	}
}
