package doctor

import (
	"slices"
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/internal/network"
)

func utoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// drivers are all there are, in the order in which auto takes them.
var drivers = []network.Mode{network.Gvisor, network.Slirp4netns, network.Pasta}

// network is about the device and who carries its packets.
func (s *subject) network() (list []Check) {
	n := &s.Network
	switch {
	case n.Facts.Tun == nil && n.Tap == nil:
		list = append(list, fine("tun", "/dev/net/tun makes a device in a network namespace"))
	case n.Facts.Tun == nil && s.tried():
		list = append(list, Check{"tun", Degraded, "/dev/net/tun makes no device in a network namespace: " + n.Tap.Error(), "no network but loopback", "", "", "--net host shares yours"})
	}
	for _, l := range slices.Concat(all(s.plain.Lost, ladder.Network), all(s.plain.Lost, ladder.Driver), all(s.plain.Lost, ladder.Names)) {
		if s.host.Failed != nil {
			break // that no driver gets a device is told above
		}
		name := "network"
		if n.Facts.Tun != nil {
			name = "tun"
		}
		c := lost(name, Degraded, l)
		if len(s.plain.Drivers) == 0 {
			c.Meanwhile = "loopback works; --net host shares your network"
		}
		list = append(list, c)
	}
	for _, l := range all(s.plain.Lost, ladder.Ports) {
		list = append(list, lost("ports", Degraded, l))
	}
	if n.Facts.Tun == nil && len(s.plain.Drivers) > 0 {
		list = append(list, fine("network", "auto takes "+string(s.plain.Drivers[0])+"; "+s.programs()))
	}
	return list
}

// programs are the drivers that there are, with their versions, and those that there are not.
func (s *subject) programs() string {
	facts := s.Network.Facts
	var there, missing []string
	for _, d := range []struct{ program, path string }{{network.StackProgram, facts.Stack}, {"slirp4netns", facts.Slirp}, {"pasta", facts.Pasta}} {
		switch v := s.Network.Versions[d.program]; {
		case d.path == "":
			missing = append(missing, d.program)
		case v == "":
			there = append(there, d.program+" of unknown version")
		default:
			there = append(there, d.program+" "+versionIn(d.program, v))
		}
	}
	words := "there is " + strings.Join(there, ", ")
	if len(missing) > 0 {
		words += "; " + strings.Join(missing, " and ") + " are not installed"
		if len(missing) == 1 {
			words = strings.TrimSuffix(words, " are not installed") + " is not installed"
		}
	}
	return words
}

// versionIn is the version in what a program says of itself: "slirp4netns version 1.2.0", "urun-netstack 0.6.0 linux/amd64 go1.26".
func versionIn(program, line string) string {
	words := strings.Fields(line)
	words = slices.DeleteFunc(words, func(w string) bool { return w == program || w == "version" })
	if len(words) == 0 || words[0] == "unknown" {
		return "of unknown version"
	}
	return words[0]
}
