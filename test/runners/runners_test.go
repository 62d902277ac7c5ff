package runners

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestMachines(t *testing.T) {
	needs(t)
	for _, m := range machines() {
		if m.vm != "" {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			outcomes := m.make(t, attempts)
			for _, a := range attempts {
				m.expect(t, a, outcomes[a.name])
				if left := slices.DeleteFunc(outcomes[a.name].left, kept.MatchString); len(left) > 0 {
					t.Errorf("%s: left is\n%s", a.name, strings.Join(left, "\n"))
				}
			}
		})
	}
}

// kept are the directories of urun's records and logs, and its locks, which stay.
var kept = regexp.MustCompile(`^\+ (/home/dev/other)?(/run/user/[0-9]+/urun|/run/urun|/tmp/urun-[0-9]+|/tmp/urun-logs-[0-9]+|/(home/[a-z]+|root)/\.local(/state(/urun)?)?)(/lock|/swept)? `)

// expect fails the test unless the container had what the machine allows and urun said what it has to.
func (m machine) expect(t *testing.T, a attempt, o outcome) {
	t.Helper()
	stdout, status, says := m.rung.ids+"\n"+m.rung.proc+"\n"+m.rung.network+"\n", 7, m.says
	if m.refuses() {
		stdout, status = "", 125
	}
	switch {
	case a.name == "limits" && (m.vm == "" || m.limits != "yes"):
		if o.Status != 125 || o.Stdout != "" || !strings.HasPrefix(o.Stderr, "urun: ") || m.limited != "" && o.Stderr != "urun: "+m.limited+"\n" {
			t.Errorf("with a limit: exit status %d\n%s%s", o.Status, o.Stdout, o.Stderr)
		}
		return
	case a.name == "strict" && len(m.says) > 0:
		m.strict(t, o)
		return
	case a.name == "doctor":
		m.examined(t, o)
		return
	case a.name == "json":
		m.told(t, o.Stdout)
		o.Stdout = stdout
	}
	switch {
	case m.refuses():
	case a.name == "quiet", a.name == "json":
		says = nil
	case a.name == "background":
		o.Stdout = strings.TrimLeft(o.Stdout, "0123456789abcdef") // the id
		stdout, status = "\n"+m.stands+"\nb\n", 0
	}
	stderr := ""
	for _, line := range says {
		stderr += "urun: " + line + "\n"
	}
	if o.Stdout != stdout || o.Status != status {
		t.Errorf("%s: exit status %d, want %d\nstdout %q, want %q", a.name, o.Status, status, o.Stdout, stdout)
	}
	if o.Stderr != stderr {
		t.Errorf("%s: urun says\n%swant\n%s", a.name, o.Stderr, stderr)
	}
}

// strict fails the test unless something that the machine lacks is an error now. It may not be all: what is known first
// ends the start.
func (m machine) strict(t *testing.T, o outcome) {
	t.Helper()
	line, more, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(o.Stderr, "urun: "), "--strict: "), "\n")
	if o.Status != 125 || o.Stdout != "" || more != "" {
		t.Errorf("strict: exit status %d\n%s%s", o.Status, o.Stdout, o.Stderr)
	}
	for _, lost := range strings.Split(line, "; also: ") {
		if !slices.Contains(m.says, lost) && lost != m.sooner {
			t.Errorf("strict: it says\n%s", lost)
		}
	}
}

// report is what --json tells of a start, and urun doctor of the machine.
type report struct {
	Rung    string
	Summary string
	Lost    []struct{ Lost, Cause string }
}

// told fails the test unless --json tells where the container stood, and what urun says otherwise.
func (m machine) told(t *testing.T, text string) {
	t.Helper()
	var r report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	want := []string{}
	for _, line := range m.says {
		line, _, _ := split(line)
		want = append(want, line)
	}
	r.check(t, m.stands, want)
}

// examined fails the test unless urun doctor says of the machine what a start does there. It knows no rootfs.
func (m machine) examined(t *testing.T, o outcome) {
	t.Helper()
	if (o.Status == 0) == m.refuses() || o.Stderr != "" {
		t.Errorf("doctor: exit status %d\n%s", o.Status, o.Stderr)
	}
	var r report
	if err := json.Unmarshal([]byte(o.Stdout), &r); err != nil {
		t.Fatalf("doctor: %v: %s", err, o.Stdout)
	}
	want, stands := []string{}, m.stands
	for _, line := range m.says {
		line, _, _ := split(line)
		_, cause, _ := strings.Cut(line, ": ")
		switch {
		case m.refuses() && !strings.Contains(r.Summary, cause):
			t.Errorf("doctor: the summary is %q, want %q", r.Summary, cause)
		case m.refuses():
		case line == readOnly:
			stands = strings.TrimSuffix(stands, ", root read-only")
		default:
			want = append(want, line)
		}
	}
	if m.refuses() {
		r.Lost = nil // what else is not there
	}
	r.check(t, stands, want)
}

func (r report) check(t *testing.T, stands string, want []string) {
	t.Helper()
	lost := []string{}
	for _, l := range r.Lost {
		lost = append(lost, l.Lost+": "+l.Cause)
	}
	slices.Sort(lost)
	slices.Sort(want)
	if r.Rung != stands || !slices.Equal(lost, want) {
		t.Errorf("it stands on %q, want %q; lost is\n%s\nwant\n%s", r.Rung, stands, strings.Join(lost, "\n"), strings.Join(want, "\n"))
	}
}
