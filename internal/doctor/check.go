package doctor

import "github.com/urun-project/urun/internal/ladder"

// State is the verdict of a check.
type State string

// The states. With a blocked check "urun ROOTFS sh" does not work, with a degraded one it does, without something.
const (
	OK       State = "ok"
	Degraded State = "degraded"
	Blocked  State = "blocked"
)

// Check is one line of the report. Its name and the names of its fields stay as they are; the words may change.
// A name may occur more than once, for several things that stand in the way.
type Check struct {
	Name      string     `json:"name"`
	State     State      `json:"state"`
	Found     string     `json:"found"`               // what was found
	Means     string     `json:"means,omitempty"`     // what that is to urun; always there but in an ok one
	Fix       string     `json:"fix,omitempty"`       // what Who can do: a verb phrase
	Who       ladder.Who `json:"who,omitempty"`       // you, administrator, starter (of this session) or outer (who starts the container around)
	Meanwhile string     `json:"meanwhile,omitempty"` // what works as long as nobody does
}

func fine(name, found string) Check { return Check{Name: name, State: OK, Found: found} }

// lost is the check for what a container would have to do without.
func lost(name string, state State, l ladder.Loss) Check {
	return Check{Name: name, State: state, Found: l.Cause, Means: l.Lost, Fix: l.Fix, Who: l.Who, Meanwhile: l.Meanwhile}
}

// all are the losses of one property.
func all(list []ladder.Loss, of ladder.Property) (these []ladder.Loss) {
	for _, l := range list {
		if l.Property == of {
			these = append(these, l)
		}
	}
	return these
}
