package transfer

import (
	"errors"
	"strings"
	"testing"
)

func TestWhatIsShown(t *testing.T) {
	for what, c := range map[string]struct {
		d    *display
		want string
	}{
		"a pipe":   {&display{}, "Pulling a\\x1b[2J ...\n111111111111  1.0 kB\n222222222222  there already\nnotice\n"},
		"quiet":    {&display{quiet: true}, "notice\n"},
		"terminal": {&display{terminal: true, columns: 80}, "Pulling a\\x1b[2J ...\n111111111111  1.0 kB\n" + "222222222222  waiting\n" + "\x1b[A\r\x1b[J" + "222222222222  there already\n" + "notice\n"},
	} {
		t.Run(what, func(t *testing.T) {
			var out strings.Builder
			d := c.d
			d.w = &out
			d.tell("Pulling a\x1b[2J ...")
			one, two := d.begin("111111111111", 1000), d.begin("222222222222", 5)
			one.at(1000)
			one.done(size(1000))
			two.done("there already")
			d.say("notice")
			d.end()
			if got := out.String(); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// A line that is longer than the terminal is wide would be two, and the next one be drawn at the wrong place.
func TestBarsFitTheTerminal(t *testing.T) {
	for _, columns := range []int{20, 40, 41, 50, 80, 200} {
		d := &display{terminal: true, quiet: true, columns: columns}
		b := d.begin("0123456789ab", 1<<62)
		for _, have := range []int64{0, 1, 1 << 40, 1 << 62, 1<<63 - 1} {
			b.at(have)
			if line := b.line(columns); len(line) >= columns {
				t.Errorf("%d columns: %q", columns, line)
			}
		}
		b.is("trying again: " + strings.Repeat("x", 200))
		if line := b.line(columns); len(line) >= columns {
			t.Errorf("%d columns: %q", columns, line)
		}
	}
	d := &display{terminal: true, columns: 60}
	b := &bar{of: d, name: "0123456789ab", total: 2000}
	b.at(500)
	if got, want := b.line(60), "0123456789ab  [======                  ]     500 B / 2.0 kB"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWhatComesFromOutsideIsEscaped(t *testing.T) {
	for in, want := range map[string]string{
		"plain, ünïcode ✓": "plain, ünïcode ✓", "a\x1b[2Jb": `a\x1b[2Jb`, "a\nb\x00": `a\nb\x00`, "bad \xff utf-8 \xef": `bad \xff utf-8 \xef`,
		"right\u202eleft": `right\u202eleft`, "\ufffd": "\ufffd",
	} {
		if got := printable(in); got != want {
			t.Errorf("%q becomes %q and not %q", in, got, want)
		}
	}
	a := answerOf(nil, errors.New("registry says \x1b]0;title\a"))
	if a.Error != `registry says \x1b]0;title\a` {
		t.Errorf("an answer with %q", a.Error)
	}
}

func TestSizes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 99949: "99.9 kB", 99950: "100 kB", 999499: "999 kB", 999500: "1.0 MB", 45_100_000: "45.1 MB", 1 << 62: "4.6 EB"} {
		if got := size(n); got != want {
			t.Errorf("%d is %s and not %s", n, got, want)
		}
	}
}
