package procs

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestColumnsShowWhatTheirNamesSay(t *testing.T) {
	p := Process{
		HostPID: 4711, PID: 7, PPID: 1, HostUID: 100032, HostGID: 100033, UID: 33, GID: 34, State: "S", Comm: "sh", Args: []string{"sh", "-c", "a b"},
		TTY: "pts/0", Start: time.Date(2024, 2, 29, 23, 59, 58, 0, time.Local), Elapsed: 3723*time.Second + 999*time.Millisecond,
		CPU: 61900 * time.Millisecond, CPUPercent: 1.66265, RSS: 3 << 20, VSZ: 5 << 20, Nice: -5, Threads: 3,
	}
	names := Names{
		User:      func(id uint32) string { return map[uint32]string{33: "www-data"}[id] },
		HostGroup: func(id uint32) string { return map[uint32]string{100033: "sub"}[id] },
		Group:     func(uint32) string { return "" },
	}
	want := map[string]string{
		"args": "COMMAND sh -c a b", "comm": "COMMAND sh", "etime": "ELAPSED 1h2m3s", "gid": "GID 34", "group": "GROUP 34", "hgroup": "HGROUP sub",
		"hpid": "HPID 4711", "huser": "HUSER 100032", "nice": "NI -5", "pcpu": "%CPU 1.663", "pid": "PID 7", "ppid": "PPID 1", "rss": "RSS 3072",
		"state": "STATE S", "stime": "STIME 2024-02-29 23:59:58", "threads": "THREADS 3", "time": "TIME 1m1s", "tty": "TTY pts/0", "uid": "UID 33",
		"user": "USER www-data", "vsz": "VSZ 5120",
	}
	if got := ColumnNames(); len(got) != len(want) || !slices.IsSorted(got) {
		t.Errorf("the columns are %v", got)
	}
	for _, name := range ColumnNames() {
		c, err := Columns([]string{name}, names)
		if err != nil || len(c) != 1 {
			t.Fatalf("%s: %v, %v", name, c, err)
		}
		if got := c[0].Header + " " + c[0].Value(p); got != want[name] {
			t.Errorf("%s is %q, want %q", name, got, want[name])
		}
	}
}

func TestColumnsAreChosenByName(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  string
	}{
		{nil, "USER PID PPID %CPU ELAPSED TTY TIME COMMAND"},
		{[]string{"hpid", "USER"}, "HPID USER"},
		{[]string{"hpid,user", "comm"}, "HPID USER COMMAND"},
	} {
		var got []string
		list, err := Columns(c.names, Names{})
		for _, column := range list {
			got = append(got, column.Header)
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%v gives %v, %v", c.names, got, err)
		}
	}
	for _, bad := range []string{"pdi", "", "pid,", "-ef", "pid user"} {
		_, err := Columns([]string{bad}, Names{})
		if err == nil || !strings.Contains(err.Error(), "there are args, comm, etime, gid,") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestACommandWithoutArgumentsIsInBrackets(t *testing.T) {
	for want, p := range map[string]Process{"[sh]": {Comm: "sh"}, "[x]": {Comm: "x", Args: []string{"", ""}}, "a b": {Comm: "sh", Args: []string{"a", "b"}}} {
		if got := p.Command(); got != want {
			t.Errorf("%+v gives %q", p, got)
		}
	}
}
