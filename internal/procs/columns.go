package procs

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Column is one of a table.
type Column struct {
	Header string
	Value  func(Process) string
}

// Names finds names of ids, as the container has them and as the host does. One that is
// not found is empty, and shown as a number; so is all of what is nil.
type Names struct {
	User, Group, HostUser, HostGroup func(id uint32) string
}

// columns are those of podman-top(1) that do not need more rights than to look, and
// threads.
var columns = []struct {
	name, header string
	value        func(Process, Names) string
}{
	{"args", "COMMAND", func(p Process, _ Names) string { return p.Command() }},
	{"comm", "COMMAND", func(p Process, _ Names) string { return p.Comm }},
	{"etime", "ELAPSED", func(p Process, _ Names) string { return seconds(p.Elapsed) }},
	{"gid", "GID", func(p Process, _ Names) string { return called(nil, p.GID) }},
	{"group", "GROUP", func(p Process, n Names) string { return called(n.Group, p.GID) }},
	{"hgroup", "HGROUP", func(p Process, n Names) string { return called(n.HostGroup, p.HostGID) }},
	{"hpid", "HPID", func(p Process, _ Names) string { return strconv.Itoa(p.HostPID) }},
	{"huser", "HUSER", func(p Process, n Names) string { return called(n.HostUser, p.HostUID) }},
	{"nice", "NI", func(p Process, _ Names) string { return strconv.Itoa(p.Nice) }},
	{"pcpu", "%CPU", func(p Process, _ Names) string { return strconv.FormatFloat(p.CPUPercent, 'f', 3, 64) }},
	{"pid", "PID", func(p Process, _ Names) string { return strconv.Itoa(p.PID) }},
	{"ppid", "PPID", func(p Process, _ Names) string { return strconv.Itoa(p.PPID) }},
	{"rss", "RSS", func(p Process, _ Names) string { return kibibytes(p.RSS) }},
	{"state", "STATE", func(p Process, _ Names) string { return p.State }},
	{"stime", "STIME", func(p Process, _ Names) string { return p.Start.Format(time.DateTime) }},
	{"threads", "THREADS", func(p Process, _ Names) string { return strconv.Itoa(p.Threads) }},
	{"time", "TIME", func(p Process, _ Names) string { return seconds(p.CPU) }},
	{"tty", "TTY", func(p Process, _ Names) string { return p.TTY }},
	{"uid", "UID", func(p Process, _ Names) string { return called(nil, p.UID) }},
	{"user", "USER", func(p Process, n Names) string { return called(n.User, p.UID) }},
	{"vsz", "VSZ", func(p Process, _ Names) string { return kibibytes(p.VSZ) }},
}

// usual are the columns when none is asked for.
var usual = []string{"user", "pid", "ppid", "pcpu", "etime", "tty", "time", "args"}

// Columns finds the columns of these names, one or several each with commas between
// them. Without any they are podman's.
func Columns(names []string, ids Names) ([]Column, error) {
	if len(names) == 0 {
		names = usual
	}
	var list []Column
	for name := range strings.SplitSeq(strings.Join(names, ","), ",") {
		at := -1
		for i, c := range columns {
			if strings.EqualFold(c.name, name) {
				at = i
			}
		}
		if at < 0 {
			return nil, errors.New("there is no column " + strconv.Quote(name) + "; there are " + strings.Join(ColumnNames(), ", "))
		}
		c := columns[at]
		list = append(list, Column{c.header, func(p Process) string { return c.value(p, ids) }})
	}
	return list, nil
}

// ColumnNames are the names that Columns knows, in their order.
func ColumnNames() []string {
	names := make([]string, 0, len(columns))
	for _, c := range columns {
		names = append(names, c.name)
	}
	return names
}

func called(find func(uint32) string, id uint32) string {
	if find != nil {
		if name := find(id); name != "" {
			return name
		}
	}
	return strconv.FormatUint(uint64(id), 10)
}

// seconds are whole ones, as in 1h2m3s: what podman adds to them is noise.
func seconds(d time.Duration) string { return d.Truncate(time.Second).String() }

func kibibytes(n uint64) string { return strconv.FormatUint(n/1024, 10) }
