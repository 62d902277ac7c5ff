package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/urun-project/urun/internal/state"
)

// someContainers are of each kind, the oldest first.
func someContainers(t *testing.T) []state.Record {
	t.Helper()
	frozen := t.TempDir()
	if err := os.WriteFile(frozen+"/cgroup.events", []byte("populated 1\nfrozen 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	at := func(hours int) time.Time { return time.Now().Add(-time.Duration(hours)*time.Hour - time.Minute) }
	return []state.Record{
		{ID: "aa11", Name: "web", Created: at(9), Life: state.Life{Started: at(9)}, Alive: true},
		{ID: "aa22", Name: "old-web", Created: at(8), Life: state.Life{Started: at(8), Ended: at(2), ExitCode: 0}},
		{ID: "bb33", Name: "db", Created: at(7), Life: state.Life{Started: at(7)}, Cgroup: frozen, Alive: true},
		{ID: "bb44", Created: at(6), Life: state.Life{Started: at(6), Ended: at(3), ExitCode: 137, Error: "its urun was killed"}},
		{ID: "cc55", Name: "new", Created: at(5), Alive: true},
	}
}

func TestWhichContainersAreListed(t *testing.T) {
	for line, want := range map[string]string{
		"":                             "cc55 bb33 aa11", // the newest first
		"-a":                           "cc55 bb44 bb33 aa22 aa11",
		"-l":                           "cc55",
		"-n 1":                         "cc55",
		"-n 2":                         "cc55 bb44",
		"--last 99":                    "cc55 bb44 bb33 aa22 aa11",
		"-n 0":                         "cc55 bb33 aa11",
		"-l -n 2":                      "cc55 bb44",
		"-a -l":                        "cc55",
		"-f name=web":                  "aa11",
		"-a -f name=web":               "aa22 aa11",
		"-a -f name=web -f name=db":    "bb33 aa22 aa11",
		"-a -f name=web -f id=aa":      "aa22 aa11",
		"-a -f name=web -f id=bb":      "",
		"-f id=aa":                     "aa11",
		"-a -f id=a1":                  "", // it begins so
		"-f status=exited":             "bb44 aa22",
		"-f status=running":            "aa11",
		"-f status=paused":             "bb33",
		"-f status=starting":           "cc55",
		"-f status=paused -f name=web": "",
		"-f exited=137":                "bb44",
		"-f exited=0":                  "aa22", // not of those that run
		"-f exited=0 -f exited=137":    "bb44 aa22",
		"-f name=web -l":               "aa22",
		"-f name=nobody":               "",
	} {
		c, err := parse(append([]string{"ps"}, strings.Fields(line)...))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		list, err := c.(*psCmd).chosen(someContainers(t))
		var ids []string
		for _, r := range list {
			ids = append(ids, r.ID)
		}
		if got := strings.Join(ids, " "); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", line, got, err, want)
		}
	}
}

func TestWrongChoicesOfContainersAreRefused(t *testing.T) {
	for line, want := range map[string]string{
		"-n x":                  `--last "x": write a number of containers`,
		"-n=-1":                 `--last "-1": write a number of containers`,
		"-f name":               `--filter "name": write KEY=VALUE; there is id, name, status and exited`,
		"-f name=":              `--filter "name=": write KEY=VALUE`,
		"-f label=x":            `--filter "label=x": there is id, name, status and exited`,
		"-f id=a -f ID=a":       `--filter "ID=a": there is id, name, status and exited`,
		"-f ancestor=x -a":      `--filter "ancestor=x": there is`,
		"-f =x":                 `--filter "=x": there is`,
		"-f status=exited -f x": `--filter "x": write KEY=VALUE`,
	} {
		c, err := parse(append([]string{"ps"}, strings.Fields(line)...))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if list, err := c.(*psCmd).chosen(someContainers(t)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, %v, want %s", line, list, err, want)
		}
	}
}

func TestTheStatusForPeople(t *testing.T) {
	list := someContainers(t)
	for i, want := range []string{"Up 9 hours", "Exited (0) 2 hours ago", "Up 7 hours (Paused)", "Exited (137) 3 hours ago: its urun was killed", "Starting"} {
		if got := statusLine(list[i]); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPortsForPeople(t *testing.T) {
	ports := []state.Port{{Protocol: "tcp", HostIP: "0.0.0.0", HostPort: 8080, ContainerPort: 80}, {Protocol: "udp", HostIP: "::1", HostPort: 53, ContainerPort: 5353}}
	for n, want := range []string{"", "0.0.0.0:8080->80/tcp", "0.0.0.0:8080->80/tcp, [::1]:53->5353/udp"} {
		if got := portsOf(ports[:n]); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestHeadingsArePodmans(t *testing.T) {
	for format, want := range map[string]string{
		`{{.ID}}\t{{.Status}}`: "CONTAINER ID\tSTATUS", `{{.Names}}\t{{.RunningFor}}\t{{.ID}}`: "NAMES\tCREATED\tCONTAINER ID", `{{.Pid}}`: "PID", `{{.ID}} x`: "ID x", ``: "",
	} {
		l, err := parseFormat(format)
		if got := headings(l.headings(), psHeadings); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", format, got, err, want)
		}
	}
}

// A template can name every field, whatever is known of the container.
func TestEveryCellIsThere(t *testing.T) {
	for _, r := range append(someContainers(t), state.Record{}) {
		cells := (&psCmd{}).cells(r)
		for _, name := range strings.Fields("ID Names Rootfs Image ImageID Command State Status Created CreatedAt RunningFor Ports Pid ExitCode ExitedAt Networks") {
			if _, ok := cells[name].(string); !ok {
				t.Errorf("%s of %s is %v", name, r.ID, cells[name])
			}
		}
		if got := fmt.Sprint(cells["Pid"] != "", cells["ExitedAt"] == ""); got != fmt.Sprint(r.Alive, r.Alive) {
			t.Errorf("%s, which is alive: %v, has the pid %q and ended at %q", r.ID, r.Alive, cells["Pid"], cells["ExitedAt"])
		}
	}
}
