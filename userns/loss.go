package userns

import (
	"fmt"
	"strings"
)

// Loss is a property that was wanted and could not be had.
type Loss struct {
	What string // what the container lacks
	Why  string // what stood in the way
	Fix  string // what can be done, a verb phrase; may be empty
	Who  string // who can do it
}

// String is the loss in one line.
func (l Loss) String() string {
	s := l.What + ": " + l.Why
	if l.Fix != "" {
		s += "; " + l.Who + " can " + l.Fix
	}
	return s
}

const oneID = "only one id is mapped, so files of other owners show as nobody and programs cannot change user"

// cause is a reason why there is no full range.
type cause struct{ why, fix, who string }

func (c cause) loss() Loss { return Loss{What: oneID, Why: c.why, Fix: c.fix, Who: c.who} }

// caller is how messages name the user.
func (h Host) caller() string {
	if h.Name != "" {
		return h.Name
	}
	return fmt.Sprintf("uid %d", h.UID)
}

// noRanges is the cause that a user has no subordinate ids, or none that can be
// understood.
func (h Host) noRanges(s Subordinate, ids string) cause {
	if s.Err != nil {
		return cause{printable(s.Err.Error()), "correct that", admin}
	}
	source := s.Source
	if source == "" {
		source = "the system"
	}
	why := fmt.Sprintf("%s gives %s no subordinate %s", source, h.caller(), ids)
	if h.Name == "" {
		// newuidmap ends with "Cannot determine your user name" then.
		return cause{why, fmt.Sprintf("give uid %d a passwd entry and subordinate ids", h.UID), admin}
	}
	return cause{why, "run: usermod" + h.missing() + " " + h.Name, admin}
}

// missing is usermod's flags for what the user lacks. Ranges by uid, as from a
// table, keep people who follow the advice from sharing ids.
func (h Host) missing() string {
	first := uint32(100000)
	if h.UID >= 1000 && h.UID < 60000 {
		first += (h.UID - 1000) * 65536
	}
	flags := ""
	if len(h.SubUID.Ranges) == 0 && h.SubUID.Err == nil {
		flags += fmt.Sprintf(" --add-subuids %d-%d", first, first+65535)
	}
	if len(h.SubGID.Ranges) == 0 && h.SubGID.Err == nil {
		flags += fmt.Sprintf(" --add-subgids %d-%d", first, first+65535)
	}
	return flags
}

// printable makes one line of what a program or a file said, without control
// characters, which a terminal would obey.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\ufffd' || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	return strings.TrimSpace(s)
}
