package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/state"
)

func (c *psCmd) run() (status int, err error) {
	list, err := access().All()
	if err != nil {
		return 0, err
	}
	if list, err = c.chosen(list); err != nil {
		return 0, err
	}
	format := c.Format
	if c.JSON {
		if format != "" && format != "json" {
			return 0, errors.New("--json and --format: write one of them")
		}
		format = "json"
	}
	switch {
	case c.Quiet:
		return 0, c.print(list, "{{.ID}}", false)
	case format == "json":
		out := make([]psJSON, 0, len(list))
		for _, r := range list {
			out = append(out, psJSONOf(r))
		}
		return 0, printJSON(out)
	case format == "":
		format = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}"
	}
	rest, table := tableFormat(format)
	return 0, c.print(list, rest, table)
}

// chosen are those that the flags ask for, the newest first as with podman.
func (c *psCmd) chosen(list []state.Record) ([]state.Record, error) {
	last := 0
	if c.Latest {
		last = 1
	}
	if c.Last != "" {
		n, err := strconv.Atoi(c.Last)
		if err != nil || n < 0 {
			return nil, errors.New("--last " + strconv.Quote(c.Last) + ": write a number of containers")
		}
		last = n
	}
	fits, byStatus, err := filters(c.Filter)
	if err != nil {
		return nil, err
	}
	all := c.All || last > 0 || byStatus
	list = slices.DeleteFunc(list, func(r state.Record) bool { return !r.Alive && !all || !fits(r) })
	slices.Reverse(list)
	if last > 0 {
		list = list[:min(last, len(list))]
	}
	return list, nil
}

// filters tells which containers fit all of the filters. As with podman those of one key are alternatives.
func filters(args []string) (fits func(state.Record) bool, byStatus bool, err error) {
	byKey := map[string][]string{}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok || value == "" {
			return nil, false, complain("--filter", arg, errors.New("write KEY=VALUE; there is id, name, status and exited"))
		}
		switch key {
		case "id", "name":
		case "status":
			byStatus = true
			if !slices.Contains([]string{"starting", "running", "paused", "exited"}, value) {
				return nil, false, complain("--filter", arg, errors.New("a status is starting, running, paused or exited"))
			}
		case "exited":
			byStatus = true
			n, err := strconv.ParseUint(value, 10, 8)
			if err != nil {
				return nil, false, complain("--filter", arg, errors.New("write an exit status, 0 to 255"))
			}
			value = strconv.FormatUint(n, 10)
		default:
			return nil, false, complain("--filter", arg, errors.New("there is id, name, status and exited"))
		}
		byKey[key] = append(byKey[key], value)
	}
	return func(r state.Record) bool {
		for key, values := range byKey {
			if !slices.ContainsFunc(values, func(v string) bool { return matches(r, key, v) }) {
				return false
			}
		}
		return true
	}, byStatus, nil
}

func matches(r state.Record, key, value string) bool {
	switch key {
	case "id":
		return strings.HasPrefix(r.ID, value)
	case "name":
		return strings.Contains(r.Name, value)
	case "exited":
		return !r.Alive && strconv.Itoa(r.ExitCode) == value
	}
	return container.Status(r) == value
}

// print prints a line for each.
func (c *psCmd) print(list []state.Record, format string, table bool) error {
	rows := make([]map[string]any, len(list))
	for i, r := range list {
		rows[i] = c.cells(r)
	}
	return printRows(rows, format, table && !c.NoHead, table, psHeadings)
}

// psHeadings are podman's.
var psHeadings = [][2]string{{"ID", "CONTAINER ID"}, {"RUNNINGFOR", "CREATED"}}

// cells are what a template can show, under podman's names.
func (c *psCmd) cells(r state.Record) map[string]any {
	id, command := r.ID, printable(strings.Join(r.Command, " "))
	if !c.NoTrunc {
		id = id[:min(12, len(id))]
		if runes := []rune(command); len(runes) > 20 {
			command = string(runes[:17]) + "..."
		}
	}
	pid := ""
	if r.Alive {
		pid = strconv.Itoa(r.Pid)
	}
	exited := ""
	if !r.Alive {
		exited = r.Ended.Format(time.RFC3339)
	}
	cells := map[string]any{
		"ID": id, "Names": r.Name, "Rootfs": r.Rootfs, "Image": imageOf(r), "ImageID": r.ImageID, "Command": command, "State": container.Status(r),
		"Status": statusLine(r), "Created": r.Created.Format(time.RFC3339), "CreatedAt": r.Created.Format(time.RFC3339),
		"RunningFor": container.Ago(r.Created) + " ago", "Ports": portsOf(r.Network.Ports), "Pid": pid,
		"ExitCode": strconv.Itoa(r.ExitCode), "ExitedAt": exited, "Networks": r.Network.Mode,
	}
	for name, value := range cells { // what ended a container, too, may have a path in it
		cells[name] = printable(value.(string))
	}
	return cells
}

// imageOf is what a container started from, as people know it: an image's name, or a directory.
func imageOf(r state.Record) string {
	if r.Image != "" {
		return r.Image
	}
	return r.Rootfs
}

// statusLine is a container's status for people, in podman's words.
func statusLine(r state.Record) string {
	switch status := container.Status(r); status {
	case "exited":
		s := fmt.Sprintf("Exited (%d) %s ago", r.ExitCode, container.Ago(r.Ended))
		if r.Error != "" {
			s += ": " + r.Error
		}
		return s
	case "starting":
		return "Starting"
	case "paused":
		return "Up " + container.Ago(r.Started) + " (Paused)"
	}
	return "Up " + container.Ago(r.Started)
}

func portsOf(ports []state.Port) string {
	words := make([]string, len(ports))
	for i, p := range ports {
		host := p.HostIP
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		words[i] = fmt.Sprintf("%s:%d->%d/%s", host, p.HostPort, p.ContainerPort, p.Protocol)
	}
	return strings.Join(words, ", ")
}

// psJSON is a container for programs, with podman's names. Every field is always there.
type psJSON struct {
	ID         string `json:"Id"`
	Names      []string
	Rootfs     string // of one that starts from a directory
	Image      string // by name, of one that starts from an image
	ImageID    string
	Command    []string
	Created    int64 // seconds since 1970
	CreatedAt  time.Time
	State      string
	Status     string
	Pid        int // 0 when it has ended
	ExitCode   int
	Exited     bool
	StartedAt  time.Time
	ExitedAt   time.Time
	OOMKilled  bool
	Error      string
	Detached   bool
	AutoRemove bool
	Networks   []string
	Ports      []state.Port
}

func psJSONOf(r state.Record) psJSON {
	out := psJSON{
		ID: r.ID, Names: []string{}, Rootfs: r.Rootfs, Image: r.Image, ImageID: r.ImageID, Command: r.Command, Created: r.Created.Unix(), CreatedAt: r.Created,
		State: container.Status(r), Status: statusLine(r), ExitCode: r.ExitCode, Exited: !r.Alive, StartedAt: r.Started, ExitedAt: r.Ended,
		OOMKilled: r.OOMKilled, Error: r.Error, Detached: r.Detached, AutoRemove: !r.Keep, Networks: []string{}, Ports: []state.Port{},
	}
	if r.Name != "" {
		out.Names = []string{r.Name}
	}
	if r.Alive {
		out.Pid = r.Pid
	}
	if r.Network.Mode != "" {
		out.Networks = []string{r.Network.Mode}
	}
	out.Ports = append(out.Ports, r.Network.Ports...)
	if out.Command == nil {
		out.Command = []string{}
	}
	return out
}
