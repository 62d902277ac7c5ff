package main

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/internal/state"
)

// complaint fails the test unless an error is one line that a terminal does not obey, with the flag in it.
func complaint(t *testing.T, flag, value string, err error) {
	t.Helper()
	if s := err.Error(); strings.ContainsAny(s, "\n\r\x1b\x00") || !strings.Contains(s, flag) {
		t.Fatalf("%s %q: %q is not one plain line with the flag", flag, value, s)
	}
}

// A limit that a flag asks for is one that cgroup v2 takes and that is among its settings, or the flag is named in an error.
func FuzzLimits(f *testing.F) {
	for _, s := range []string{
		"memory=512m", "memory=max memory-swap=1g", "memory=6m memory-swap=6m memory-reservation=1", "memory=-1", "memory-swap=1g", "memory=8388607t", "cpus=0.5", "cpus=1e-9", "cpus=nan", "cpus=0x1p4", "cpus=1048577", "cpus=max",
		"cpu-quota=1000 cpu-period=1000000", "cpu-quota=9223372036854", "cpu-shares=2", "cpu-weight=10000", "cpuset-cpus=0-2,7", "cpuset-cpus=9000", "cpuset-cpus=65535-65535", "cpuset-mems=0,0", "pids-limit=0", "pids-limit=max",
		"pids-limit=2147483647", "io-weight=1", "blkio-weight=1000", "device-read-bps=/dev/sda:1m", "device-write-iops=/dev/a:b:10", "device-read-iops=/dev/sda:1k", "device-write-bps=/dev/sda:max", "cpus=１", "memory= 1g", "oom-group",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		var l ocispec.LimitFlags
		one := map[string]*string{"memory": &l.Memory, "memory-reservation": &l.MemoryReservation, "memory-swap": &l.MemorySwap, "cpus": &l.CPUs, "cpu-weight": &l.CPUWeight, "cpu-shares": &l.CPUShares, "cpu-quota": &l.CPUQuota,
			"cpu-period": &l.CPUPeriod, "cpuset-cpus": &l.CpusetCPUs, "cpuset-mems": &l.CpusetMems, "pids-limit": &l.PidsLimit, "io-weight": &l.IOWeight, "blkio-weight": &l.BlkioWeight}
		many := map[string]*[]string{"device-read-bps": &l.DeviceReadBps, "device-write-bps": &l.DeviceWriteBps, "device-read-iops": &l.DeviceReadIOPS, "device-write-iops": &l.DeviceWriteIOPS}
		want := map[string]int{}
		for _, word := range strings.Split(line, " ") {
			name, value, _ := strings.Cut(word, "=")
			switch {
			case one[name] != nil && value != "":
				*one[name] = value
				want[map[string]string{"memory": "memory.max", "memory-reservation": "memory.low", "memory-swap": "memory.swap.max", "cpus": "cpu.max", "cpu-weight": "cpu.weight", "cpu-shares": "cpu.weight", "cpu-quota": "cpu.max", "cpu-period": "cpu.max",
					"cpuset-cpus": "cpuset.cpus", "cpuset-mems": "cpuset.mems", "pids-limit": "pids.max", "io-weight": "io.weight", "blkio-weight": "io.weight"}[name]] = 1
			case many[name] != nil:
				*many[name] = append(*many[name], value)
				want["io.max"]++
			case name == "oom-group":
				yes := true
				l.OOMGroup, want["memory.oom.group"] = &yes, 1
			}
		}
		r, _, err := l.Resources(func(string) (int64, int64, bool) { return 8, 0, true })
		if err != nil {
			complaint(t, "--", line, err)
			return
		}
		settings, err := cgroup2.Plan(r)
		if err != nil {
			t.Fatalf("%q is taken, and then refused in words that name no flag: %v", line, err)
		}
		for file, n := range want {
			has := 0
			for _, s := range settings {
				if s.File == file {
					has++
				}
			}
			if has < n {
				t.Fatalf("%q: there is no %s among %v", line, file, settings)
			}
		}
	})
}

// Where a cgroup is to be is understood by the one who makes it as by the one who reads the flags.
func FuzzCgroupPlace(f *testing.F) {
	for _, s := range [][3]string{{"", "", ""}, {"systemd", "work.slice", ""}, {"", "", "work.slice"}, {"cgroupfs", "/a/b/", ""}, {"cgroupfs", "a:b:c", ""}, {"", "/a:b:c", ""}, {"auto", "../x", ""}, {"none", "", ""}, {"cgroupfs", "a\nb", ""},
		{"", "x/y.slice", ""}, {"systemd", ".slice", ""}, {"", "a--b.slice", ""}, {"", "", "a:b.slice"}, {"x", "", ""}, {"cgroupfs", "/", ""}, {"", "a\x00b", ""}} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, manager, parent, slice string) {
		flags := ocispec.Flags{CgroupFlags: ocispec.CgroupFlags{Cgroup: manager, CgroupParent: parent, Slice: slice}, LimitFlags: ocispec.LimitFlags{PidsLimit: "5"}}
		spec, extra, err := ocispec.FromFlags(&flags, ocispec.Invocation{Rootfs: "/r", Command: []string{"true"}, ID: "0123456789abcdef"})
		if err != nil {
			complaint(t, "--", manager+" "+parent+" "+slice, err)
			return
		}
		at, name, isSlice := cgroup2.ParsePath(spec.Linux.CgroupsPath)
		wantName, wantParent := "urun-0123456789ab", parent
		if extra.Cgroup == "cgroupfs" && parent == "" {
			return // beside urun's own
		}
		if slice != "" {
			wantParent = slice
		}
		if wantSlice := extra.Cgroup != "cgroupfs"; isSlice != wantSlice || name != wantName || strings.TrimRight(at, "/") != strings.TrimRight(wantParent, "/") {
			t.Fatalf("%q %q %q: %s's %q is read as %q, %q, %v", manager, parent, slice, extra.Cgroup, spec.Linux.CgroupsPath, at, name, isSlice)
		}
	})
}

// The names that were asked for, and no others, are what a C library reads in the container.
func FuzzNamesOfFlags(f *testing.F) {
	for _, s := range [][4]string{{"1.1.1.1", "example.org", "ndots:2", "db:192.0.2.7"}, {"none", "", "", ""}, {"::1", ".", "a#b", "db=host-gateway"}, {"fe80::1%eth0", "a b", "", ""}, {"1.1.1.1\n2.2.2.2", "a;b", "x", "a b:1.1.1.1"},
		{"", "a\u00a0b", "a\u2028b", "a\u0085b:1.1.1.1"}, {"", "\x00", "\xff", "\xff:1.1.1.1"}, {"none", "x", "", ""}, {"::ffff:1.2.3.4", "search", "options", "x:::"}} {
		f.Add(s[0], s[1], s[2], s[3])
	}
	f.Fuzz(func(t *testing.T, server, search, option, host string) {
		list := func(s string) []string {
			if s == "" {
				return nil
			}
			return []string{s}
		}
		n, err := names(ocispec.NetFlags{DNS: list(server), DNSSearch: list(search), DNSOption: list(option), AddHost: list(host)})
		if err != nil {
			complaint(t, "--", server+search+option+host, err)
			return
		}
		got := network.ParseResolver([]byte(n.Resolver(network.Resolver{}, nil).String()))
		if search == "." {
			search = ""
		}
		if ip, err := netip.ParseAddr(server); err == nil {
			server = ip.String()
		}
		if server != "none" && !slices.Equal(got.Servers, list(server)) || !slices.Equal(got.Search, list(search)) || !slices.Equal(got.Options, list(option)) {
			t.Fatalf("%q %q %q: %+v", server, search, option, got)
		}
		for line := range strings.Lines(n.HostsFile(netip.Addr{}, nil, netip.MustParseAddr("192.0.2.1"))) {
			ip, _, ok := strings.Cut(line, "\t")
			if _, err := netip.ParseAddr(ip); err != nil || !ok {
				t.Fatalf("%q: the line %q", host, line)
			}
		}
	})
}

// A filter lets through what it says, whichever way the value is written.
func FuzzFilters(f *testing.F) {
	for _, s := range []string{"exited=7", "exited=007", "exited=256", "exited=+7", "status=running", "status=exited", "status=", "id=", "id=ab", "name=web", "name", "=x", "label=x", "exited=7\nexited=8", "status=exited\nid=ab", "STATUS=exited", "\x1b=x"} {
		f.Add(s)
	}
	r := state.Record{ID: "abcdef", Name: "web", Life: state.Life{ExitCode: 7, Ended: time.Unix(1, 0)}}
	f.Fuzz(func(t *testing.T, s string) {
		args := strings.Split(s, "\n")
		fits, byStatus, err := filters(args)
		if err != nil {
			complaint(t, "--filter", s, err)
			return
		}
		want, given := map[string]bool{}, map[string]bool{}
		for _, arg := range args {
			key, value, _ := strings.Cut(arg, "=")
			n, _ := strconv.Atoi(value)
			given[key] = true
			want[key] = want[key] || map[string]bool{"exited": n == 7 && key == "exited", "status": value == "exited", "id": strings.HasPrefix(r.ID, value), "name": strings.Contains(r.Name, value)}[key]
		}
		all := true
		for key := range given {
			all = all && want[key]
		}
		if fits(r) != all || byStatus != (given["status"] || given["exited"]) {
			t.Fatalf("%q: %v, %v, want %v", args, fits(r), byStatus, all)
		}
	})
}

// A signal is one that the kernel has, and its own name is read as the same.
func FuzzSignal(f *testing.F) {
	for _, s := range []string{"TERM", "sigterm", "9", "64", "65", "0", "-1", "+9", "RTMIN", "SIGRTMIN+3", "RTMIN+30", "RTMIN+31", "RTMAX-30", "RTMAX-31", "RTMIN-1", "SIGSIGTERM", "", "SIG", "KILL\n", "cld", "ſtop", "RTMIN+9223372036854775807"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		sig, err := parseSignal("--signal", s)
		if err != nil {
			complaint(t, "--signal", s, err)
			return
		}
		if sig < 1 || sig > 64 || strings.HasPrefix(strings.ToUpper(s), "RT") && sig < 34 {
			t.Fatalf("%q is %d", s, sig)
		}
		if name := unix.SignalName(sig); name != "" {
			if again, err := parseSignal("--signal", name); err != nil || again != sig {
				t.Fatalf("%q is %d, which is %s, and that %d, %v", s, sig, name, again, err)
			}
		}
	})
}

func FuzzSeconds(f *testing.F) {
	for _, s := range []string{"", "0", "10", "-1", "-2", "2147483648", "2147483649", "9223372036854775807", "1.5", "1s", "+1", "0x1", "1_0", "１"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, least := range []int{-1, 0} {
			d, err := seconds("--time", s, least)
			if err != nil {
				complaint(t, "--time", s, err)
				continue
			}
			n, _ := strconv.ParseFloat(s, 64)
			if d.Seconds() != n || d < time.Duration(least)*time.Second {
				t.Fatalf("%q is %s", s, d)
			}
		}
	})
}

// What is printed is obeyed by no terminal, and text is left as it is.
func FuzzPrintable(f *testing.F) {
	for _, s := range []string{"", "a b", "\x1b[2J", "é", "\xff", `a"b`, "\u202e", "\u0085", "a\tb\n", `\x1b`, "\ufeff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := printable(s)
		for _, r := range p {
			if !strconv.IsPrint(r) || r == '\ufffd' && !strings.ContainsRune(s, r) {
				t.Fatalf("%q is printed as %q", s, p)
			}
		}
		if again := printable(p); again != p {
			t.Fatalf("%q is printed as %q, and that as %q", s, p, again)
		}
	})
}
