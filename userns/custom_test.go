package userns

import (
	"errors"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func TestChooseTakesMapsAsAskedFor(t *testing.T) {
	for _, c := range []struct {
		name            string
		host            Host
		uidmap, gidmap  string
		uids, gids, how string
	}{
		{"a whole range", laptop(nil), "0:100000:65536", "0:200000:65536", "0:100000:65536", "0:200000:65536", "helpers, as asked for"},
		{"one's own id and a part", laptop(nil), "0:1000:1 5:100005:5", "0:1000:1 5:200005:5",
			"0:1000:1 5:100005:5", "0:1000:1 5:200005:5", "helpers, as asked for"},
		{"one's own ids alone", laptop(nil), "7:1000:1", "8:1000:1", "7:1000:1", "8:1000:1", "direct, as asked for, deny"},
		{"one's own ids alone, without newuidmap", laptop(func(h *Host) { h.NewUIDMap, h.NewGIDMap = Helper{}, Helper{} }),
			"7:1000:1", "", "7:1000:1", "7:1000:1", "direct, as asked for, deny"},
		{"the gid alone is one's own", laptop(nil), "0:100000:5", "0:1000:1", "0:100000:5", "0:1000:1", "helpers, as asked for, deny"},
		{"gids only", laptop(nil), "", "0:1000:1", "0:1000:1", "0:1000:1", "direct, as asked for, deny"},
		{"across two ranges that touch", laptop(func(h *Host) { h.SubUID.Ranges = []Range{{100010, 10}, {100000, 10}} }),
			"0:100005:10", "0:1000:1", "0:100005:10", "0:1000:1", "helpers, as asked for, deny"},
		{"any ids with the capabilities", root(func(h *Host) { h.UIDMap, h.GIDMap = nil, nil }), "0:5:10", "0:7:10", "0:5:10", "0:7:10", "direct, as asked for"},
		{"cut where the namespace's own map is", root(nil), "0:0:10", "", "0:0:1 1:1:9", "0:0:1 1:1:9", "direct, as asked for"},
		{"root without CAP_SETFCAP leaves out id 0", root(func(h *Host) { h.SetFCap = false }), "0:1:10", "", "0:1:10", "0:1:10", "direct, as asked for"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Choose(Wish{Mode: Custom, UIDMaps: parse(t, c.uidmap), GIDMaps: parse(t, c.gidmap)}, c.host)
			if err != nil {
				t.Fatal(err)
			}
			if show(got.UIDs) != c.uids || show(got.GIDs) != c.gids || manner(got) != c.how || got.Lost != nil {
				t.Errorf("got %s and %s, %s, lost %q, want %s and %s, %s",
					show(got.UIDs), show(got.GIDs), manner(got), lines(got.Lost), c.uids, c.gids, c.how)
			}
		})
	}
}

func TestChooseRefusesMapsThatCannotBeHad(t *testing.T) {
	for _, c := range []struct {
		name           string
		host           Host
		uidmap, gidmap string
		want           string
	}{
		{"nothing", laptop(nil), "", "", "uid map: id map has no lines"},
		{"an id twice", laptop(nil), "0:100000:2 1:100005:1", "", "uid map: id maps 0:100000:2 and 1:100005:1 share container ids"},
		{"another's ids", laptop(nil), "0:1001:1", "0:1000:1",
			"uid map 0:1001:1: host ids 1001-1001 are not all bob's to map; allowed are 1000 alone and 100000-165535"},
		{"more than the range", laptop(nil), "0:100000:65537", "0:1000:1", "host ids 100000-165536 are not all bob's to map"},
		{"one's own id and the next", laptop(nil), "0:1000:2", "0:1000:1", "host ids 1000-1001 are not all bob's to map"},
		{"borrowed for the gids", laptop(nil), "0:100000:10", "",
			"gid map 0:100000:10: host ids 100000-100009 are not all bob's to map; allowed are 1000 alone and 200000-265535; only one of the two maps was given, so it was used for gids too"},
		{"no ranges", laptop(func(h *Host) { h.SubUID.Ranges = nil }), "0:0:10", "0:1000:1",
			"host ids 0-9 are not all bob's to map; allowed are 1000 alone: /etc/subuid gives bob no subordinate uids; an administrator can run: usermod --add-subuids 100000-165535 bob"},
		{"unreadable ranges", laptop(func(h *Host) { h.SubUID = Subordinate{Err: errors.New("read /etc/subuid: line 1: bad")} }), "0:100000:10", "0:1000:1",
			"find the subordinate ids of bob: read /etc/subuid: line 1: bad"},
		{"no newuidmap", laptop(func(h *Host) {
			h.NewUIDMap = Helper{Why: "newuidmap is not installed", Fix: "install it", Who: "an administrator"}
		}), "0:100000:10", "0:1000:1",
			"map ids other than one's own: newuidmap is not installed; an administrator can install it"},
		{"ids that are not here", root(nil), "0:65530:10", "", "uid map 0:65530:10: 4 of its host ids do not exist in this user namespace"},
		{"id 0 without CAP_SETFCAP", root(func(h *Host) { h.SetFCap = false }), "5:0:1", "", "takes CAP_SETFCAP"},
		{"id 0 without CAP_SETFCAP, within a line", root(func(h *Host) { h.SetFCap = false; h.UIDMap = nil }), "5:0:10", "0:1:1", "takes CAP_SETFCAP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Choose(Wish{Mode: Custom, UIDMaps: parse(t, c.uidmap), GIDMaps: parse(t, c.gidmap)}, c.host)
			if err == nil || !strings.Contains(err.Error(), c.want) || got.UIDs != nil {
				t.Errorf("got %v, want an error with %s", err, c.want)
			}
		})
	}
}

func TestParseMapTakesThreeNumbers(t *testing.T) {
	for _, s := range []string{"0:0:1", "0:100000:65536", "4294967294:4294967294:1", "0:0:4294967295"} {
		if m, err := ParseMap(s); err != nil || text(m) != s {
			t.Errorf("%s gives %s, %v", s, text(m), err)
		}
	}
	for s, want := range map[string]string{
		"":               `id map "" is not CONTAINER-ID:HOST-ID:COUNT, such as 0:100000:65536`,
		"0:1":            `id map "0:1" is not CONTAINER-ID:HOST-ID:COUNT, such as 0:100000:65536`,
		"0:1:2:3":        `id map "0:1:2:3" is not CONTAINER-ID:HOST-ID:COUNT, such as 0:100000:65536`,
		"0::1":           `id map "0::1": "" is not a number from 0 to 4294967294`,
		"@0:1:1":         `id map "@0:1:1": "@0" is not a number from 0 to 4294967294`,
		"0:-1:1":         `id map "0:-1:1": "-1" is not a number from 0 to 4294967294`,
		"+0:1:1":         `id map "+0:1:1": "+0" is not a number from 0 to 4294967294`,
		"0x0:1:1":        `id map "0x0:1:1": "0x0" is not a number from 0 to 4294967294`,
		"0: 1:1":         `id map "0: 1:1": " 1" is not a number from 0 to 4294967294`,
		"4294967296:0:1": `id map "4294967296:0:1": "4294967296" is not a number from 0 to 4294967294`,
		"0:0:0":          `id map 0:0:0 has a count of 0`,
		"4294967295:0:1": `id map 4294967295:0:1 passes the highest id, 4294967294`,
		"1:0:4294967295": `id map 1:0:4294967295 passes the highest id, 4294967294`,
		"0:2:4294967294": `id map 0:2:4294967294 passes the highest id, 4294967294`,
	} {
		if m, err := ParseMap(s); err == nil || err.Error() != want || m != (specs.LinuxIDMapping{}) {
			t.Errorf("%s gives %s, %v, want %s", s, text(m), err, want)
		}
	}
}

func TestValidateKnowsTheKernelsLimits(t *testing.T) {
	many := func(n int, distance uint32) []specs.LinuxIDMapping {
		var maps []specs.LinuxIDMapping
		for i := range uint32(n) {
			maps = append(maps, specs.LinuxIDMapping{ContainerID: i * distance, HostID: i * distance, Size: 1})
		}
		return maps
	}
	if err := Validate(many(340, 1)); err != nil {
		t.Errorf("340 short lines: %v", err)
	}
	for want, maps := range map[string][]specs.LinuxIDMapping{
		"id map has 341 lines, the kernel takes 340":                    many(341, 1),
		"id map of 340 lines is 7248 bytes long, the kernel takes 4095": many(340, 1_000_000),
		"id maps 5:5:5 and 0:100:6 share container ids":                 parse(t, "5:5:5 0:100:6"),
		"id maps 0:100:10 and 20:109:1 share host ids":                  parse(t, "0:100:10 20:109:1"),
		"id maps 0:109:1 and 20:100:10 share host ids":                  parse(t, "0:109:1 20:100:10"),
		"id map 0:0:0 has a count of 0":                                 {{}},
	} {
		if err := Validate(maps); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestIDsAreTranslatedBothWays(t *testing.T) {
	maps := parse(t, "0:1000:1 1:100000:65536 4294967294:4294967294:1")
	for host, container := range map[uint32]uint32{1000: 0, 100000: 1, 165535: 65536, 4294967294: 4294967294} {
		if got, ok := ToContainer(maps, host); !ok || got != container {
			t.Errorf("host id %d is %d, %v inside, want %d", host, got, ok, container)
		}
		if got, ok := ToHost(maps, container); !ok || got != host {
			t.Errorf("container id %d is %d, %v outside, want %d", container, got, ok, host)
		}
	}
	for _, id := range []uint32{999, 1001, 99999, 165536, 4294967295} {
		if got, ok := ToContainer(maps, id); ok {
			t.Errorf("host id %d is %d inside, want none", id, got)
		}
	}
	if got, ok := ToHost(maps, 65537); ok {
		t.Errorf("container id 65537 is %d outside, want none", got)
	}
}

func FuzzParseMap(f *testing.F) {
	for _, s := range []string{"0:1000:1", "1:100000:65536", "::", "0:0:4294967295", "4294967295:0:1", "0x1:1:1", "0:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMap(s)
		if err == nil && Validate([]specs.LinuxIDMapping{m}) != nil {
			t.Fatalf("%q is taken and is not valid", s)
		}
	})
}
