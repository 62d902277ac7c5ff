package userns

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// parse makes a map of "C:H:N C:H:N …".
func parse(t *testing.T, s string) []specs.LinuxIDMapping {
	t.Helper()
	var maps []specs.LinuxIDMapping
	for _, line := range strings.Fields(s) {
		m, err := ParseMap(line)
		if err != nil {
			t.Fatal(err)
		}
		maps = append(maps, m)
	}
	return maps
}

func show(maps []specs.LinuxIDMapping) string {
	var lines []string
	for _, m := range maps {
		lines = append(lines, text(m))
	}
	return strings.Join(lines, " ")
}

// laptop is a user as distributions set one up.
func laptop(change func(*Host)) Host {
	h := Host{
		UID: 1000, GID: 1000, Name: "bob", SysAdminBound: true,
		SubUID:    Subordinate{Ranges: []Range{{100000, 65536}}, Source: "/etc/subuid"},
		SubGID:    Subordinate{Ranges: []Range{{200000, 65536}}, Source: "/etc/subgid"},
		NewUIDMap: Helper{Name: "newuidmap", Path: "/usr/bin/newuidmap", Setuid: true},
		NewGIDMap: Helper{Name: "newgidmap", Path: "/usr/bin/newgidmap", Setuid: true},
	}
	if change != nil {
		change(&h)
	}
	return h
}

// root is uid 0 in a container that has the ids 0 to 65535 and no newuidmap.
func root(change func(*Host)) Host {
	h := Host{
		Name: "root", SetUID: true, SetGID: true, SetFCap: true, SysAdminBound: true,
		SubUID: Subordinate{Source: "/etc/subuid"}, SubGID: Subordinate{Source: "/etc/subgid"},
		NewUIDMap: Helper{Name: "newuidmap", Why: "newuidmap is not installed"},
		NewGIDMap: Helper{Name: "newgidmap", Why: "newgidmap is not installed"},
		UIDMap:    []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 65535}},
		GIDMap:    []specs.LinuxIDMapping{{ContainerID: 0, HostID: 1000, Size: 1}, {ContainerID: 1, HostID: 100000, Size: 65535}},
	}
	if change != nil {
		change(&h)
	}
	return h
}

func TestChooseFindsTheBestRung(t *testing.T) {
	none := func(h *Host) { h.SubUID.Ranges, h.SubGID.Ranges = nil, nil }
	for _, c := range []struct {
		name       string
		mode       Mode
		host       Host
		uids, gids string
		how        string // method, rung, setgroups
		lost       string // lines
	}{
		{name: "auto", host: laptop(nil),
			uids: "0:1000:1 1:100000:65536", gids: "0:1000:1 1:200000:65536", how: "helpers, full range"},
		{name: "auto, several ranges and another group", host: laptop(func(h *Host) {
			h.GID = 100
			h.SubUID.Ranges = []Range{{300000, 10}, {100000, 20}}
		}), uids: "0:1000:1 1:300000:10 11:100000:20", gids: "0:100:1 1:200000:65536", how: "helpers, full range"},
		{name: "auto, the user's own id among the subordinate ones", host: laptop(func(h *Host) {
			h.SubUID.Ranges = []Range{{990, 20}}
			h.SubGID.Ranges = []Range{{1000, 20}}
		}), uids: "0:1000:1 1:990:10 11:1001:9", gids: "0:1000:1 1:1001:19", how: "helpers, full range"},
		{name: "auto, no ranges", host: laptop(none),
			uids: "0:1000:1", gids: "0:1000:1", how: "direct, one id, deny",
			lost: oneID + ": /etc/subuid gives bob no subordinate uids; an administrator can run: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 bob"},
		{name: "auto, no group ranges", host: laptop(func(h *Host) { h.UID, h.SubGID.Ranges = 1001, nil }),
			uids: "0:1001:1", gids: "0:1000:1", how: "direct, one id, deny",
			lost: oneID + ": /etc/subgid gives bob no subordinate gids; an administrator can run: usermod --add-subgids 165536-231071 bob"},
		{name: "auto, nobody known by name", host: laptop(func(h *Host) { none(h); h.Name, h.UID = "", 4294967294 }),
			uids: "0:4294967294:1", gids: "0:1000:1", how: "direct, one id, deny",
			lost: oneID + ": /etc/subuid gives uid 4294967294 no subordinate uids; an administrator can give uid 4294967294 a passwd entry and subordinate ids"},
		{name: "auto, malformed ranges", host: laptop(func(h *Host) {
			h.SubUID = Subordinate{Source: "/etc/subuid", Err: errors.New("read /etc/subuid: line 3: the count of ids is 0")}
		}), uids: "0:1000:1", gids: "0:1000:1", how: "direct, one id, deny",
			lost: oneID + ": read /etc/subuid: line 3: the count of ids is 0; an administrator can correct that"},
		{name: "auto, no newuidmap", host: laptop(func(h *Host) {
			h.NewUIDMap = Helper{Name: "newuidmap", Why: "newuidmap is not installed", Fix: "install it", Who: "an administrator"}
		}), uids: "0:1000:1", gids: "0:1000:1", how: "direct, one id, deny",
			lost: oneID + ": newuidmap is not installed; an administrator can install it"},
		{name: "auto, unusable newgidmap", host: laptop(func(h *Host) { h.NewGIDMap.Why = "it is mounted nosuid" }),
			uids: "0:1000:1", gids: "0:1000:1", how: "direct, one id, deny", lost: oneID + ": it is mounted nosuid"},
		{name: "auto, no_new_privs and no ranges", host: laptop(func(h *Host) {
			none(h)
			h.NoNewPrivs, h.NewUIDMap.Why = true, "no_new_privs is set"
		}), uids: "0:1000:1", gids: "0:1000:1", how: "direct, one id, deny", lost: oneID + ": no_new_privs is set"},
		{name: "auto, ranges of another machine", host: laptop(func(h *Host) {
			h.UIDMap = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 0, Size: 65536}}
		}), uids: "0:1000:1", gids: "0:1000:1", how: "direct, one id, deny",
			lost: oneID + ": the subordinate uids that /etc/subuid gives bob do not exist in this user namespace; whoever started this session can map them here, or give ids that are mapped"},
		{name: "auto, half the range exists, in two pieces", host: laptop(func(h *Host) {
			h.UIDMap = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 500, Size: 100010}, {ContainerID: 100010, HostID: 7, Size: 20}}
		}), uids: "0:1000:1 1:100000:10 11:100010:20", gids: "0:1000:1 1:200000:65536", how: "helpers, full range",
			lost: "65506 subordinate uids are left out: of those that /etc/subuid gives bob they do not exist in this user namespace"},
		{name: "auto, capabilities and ranges", host: laptop(func(h *Host) {
			h.SetUID, h.SetGID, h.NewUIDMap = true, true, Helper{Name: "newuidmap", Why: "absent"}
		}), uids: "0:1000:1 1:100000:65536", gids: "0:1000:1 1:200000:65536", how: "direct, full range, direct"},
		{name: "auto, capabilities of a user without ranges give nobody else's ids", host: laptop(func(h *Host) { none(h); h.SetUID, h.SetGID = true, true }),
			uids: "0:1000:1", gids: "0:1000:1", how: "direct, one id, deny",
			lost: oneID + ": /etc/subuid gives bob no subordinate uids; an administrator can run: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 bob"},
		{name: "auto, CAP_SETUID alone is not enough", host: laptop(func(h *Host) { h.SetUID = true }),
			uids: "0:1000:1 1:100000:65536", gids: "0:1000:1 1:200000:65536", how: "helpers, full range"},
		{name: "auto, root of a container: a line for each of its own map", host: root(nil),
			uids: "0:0:1 1:1:65535", gids: "0:0:1 1:1:65535", how: "direct, full range, direct"},
		{name: "auto, real root", host: root(func(h *Host) { h.UIDMap, h.GIDMap = nil, nil }),
			uids: "0:0:4294967295", gids: "0:0:4294967295", how: "direct, full range, direct"},
		{name: "auto, root with ranges", host: root(func(h *Host) {
			h.UIDMap, h.GIDMap = nil, nil
			h.SubUID.Ranges, h.SubGID.Ranges = []Range{{100000, 10}}, []Range{{100000, 10}}
		}), uids: "0:0:1 1:100000:10", gids: "0:0:1 1:100000:10", how: "direct, full range, direct"},
		{name: "auto, root of a namespace of one id", host: root(func(h *Host) { h.UIDMap, h.GIDMap = h.UIDMap[:1], h.GIDMap[:1] }),
			uids: "0:0:1", gids: "0:0:1", how: "direct, one id, deny",
			lost: oneID + ": this user namespace has no other; whoever started this session can give it a range of ids"},
		{name: "keep-id of root", mode: KeepID, host: root(nil),
			uids: "0:0:1 1:1:65535", gids: "0:0:1 1:1:65535", how: "direct, full range, direct"},
		{name: "single", mode: Single, host: laptop(nil),
			uids: "0:1000:1", gids: "0:1000:1", how: "direct, one id, deny"},
		{name: "single of root", mode: Single, host: root(nil),
			uids: "0:0:1", gids: "0:0:1", how: "direct, one id, deny"},
		{name: "keep-id", mode: KeepID, host: laptop(func(h *Host) { h.GID = 100 }),
			uids: "0:100000:1000 1000:1000:1 1001:101000:64536", gids: "0:200000:100 100:100:1 101:200100:65436", how: "helpers, full range"},
		{name: "keep-id, ranges that meet and pass the id", mode: KeepID, host: laptop(func(h *Host) {
			h.SubUID.Ranges = []Range{{100000, 600}, {200000, 400}, {300000, 5}}
			h.SubGID.Ranges = []Range{{100000, 600}, {200000, 500}}
		}), uids: "0:100000:600 600:200000:400 1000:1000:1 1001:300000:5",
			gids: "0:100000:600 600:200000:400 1000:1000:1 1001:200400:100", how: "helpers, full range"},
		{name: "keep-id, ranges that end below the id", mode: KeepID, host: laptop(func(h *Host) { h.SubUID.Ranges = []Range{{100000, 10}} }),
			uids: "0:100000:10 1000:1000:1", gids: "0:200000:1000 1000:1000:1 1001:201000:64536", how: "helpers, full range"},
		{name: "keep-id, no ranges", mode: KeepID, host: laptop(none),
			uids: "1000:1000:1", gids: "1000:1000:1", how: "direct, one id, deny",
			lost: oneID + ": /etc/subuid gives bob no subordinate uids; an administrator can run: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 bob"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Choose(Wish{Mode: c.mode}, c.host)
			if err != nil {
				t.Fatal(err)
			}
			if show(got.UIDs) != c.uids || show(got.GIDs) != c.gids {
				t.Errorf("got the maps\n%s and %s, want\n%s and %s", show(got.UIDs), show(got.GIDs), c.uids, c.gids)
			}
			if how := manner(got); how != c.how {
				t.Errorf("got %s, want %s", how, c.how)
			}
			if lost := lines(got.Lost); lost != c.lost {
				t.Errorf("lost\n%s, want\n%s", lost, c.lost)
			}
			if Validate(got.UIDs) != nil || Validate(got.GIDs) != nil {
				t.Error("the kernel would refuse a map")
			}
		})
	}
}

func manner(c Choice) string {
	s := [...]string{Direct: "direct", Helpers: "helpers"}[c.Method] + ", " + c.Rung
	if c.DenySetgroups {
		s += ", deny"
	}
	return s
}

func lines(lost []Loss) string {
	var all []string
	for _, l := range lost {
		all = append(all, l.String())
	}
	return strings.Join(all, "\n")
}

func TestChooseRefusesWhatCannotBe(t *testing.T) {
	for _, c := range []struct {
		name string
		host Host
		want string
	}{
		{"root without CAP_SETFCAP", root(func(h *Host) { h.SetFCap = false }), "takes CAP_SETFCAP"},
		{"an unmapped user", laptop(func(h *Host) {
			h.UID = 65534
			h.UIDMap = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 0, Size: 1000}}
		}),
			"uid 65534 is not mapped in this user namespace"},
		{"an unmapped group", laptop(func(h *Host) {
			h.GID = 65534
			h.GIDMap = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 0, Size: 1000}}
		}),
			"gid 65534 is not mapped in this user namespace"},
	} {
		for _, mode := range []Mode{Auto, Single, KeepID} {
			if _, err := Choose(Wish{Mode: mode}, c.host); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, mode %d: got %v, want an error with %s", c.name, mode, err, c.want)
			}
		}
	}
}

func TestChooseLeavesOutWhatTheKernelHasNoRoomFor(t *testing.T) {
	for _, mode := range []Mode{Auto, KeepID} {
		h := laptop(func(h *Host) {
			h.SubUID.Ranges = nil
			for i := range uint32(1000) {
				h.SubUID.Ranges = append(h.SubUID.Ranges, Range{100000 + i*100, 2})
			}
		})
		c, err := Choose(Wish{Mode: mode}, h)
		if err != nil {
			t.Fatal(err)
		}
		if err := Validate(c.UIDs); err != nil {
			t.Error(err)
		}
		if _, ok := ToContainer(c.UIDs, 1000); !ok {
			t.Error("the caller is not in the map")
		}
		if len(c.UIDs) < 200 {
			t.Errorf("only %d lines were kept", len(c.UIDs))
		}
		want := fmt.Sprintf("the last %d ranges of uids are left out", 1001-len(c.UIDs))
		if !strings.HasPrefix(lines(c.Lost), want) {
			t.Errorf("lost %q, want %q", lines(c.Lost), want)
		}
	}
}
