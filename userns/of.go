package userns

import (
	"fmt"
	"os"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// RungJoined is the rung of a user namespace that someone else has made.
const RungJoined = "another container's"

// Of is the maps of the user namespace of a process, whose directory below /proc is
// dir, as the caller's namespace sees them. There is nothing to write.
func Of(dir string) (Choice, error) {
	c := Choice{Rung: RungJoined}
	for _, m := range []struct {
		file string
		to   *[]specs.LinuxIDMapping
	}{{"uid_map", &c.UIDs}, {"gid_map", &c.GIDs}} {
		b, err := os.ReadFile(dir + "/" + m.file)
		if err != nil {
			return c, err
		}
		if *m.to = parseProc(b); *m.to == nil {
			return c, fmt.Errorf("%s/%s: no ids are mapped there", dir, m.file)
		}
	}
	b, err := os.ReadFile(dir + "/setgroups")
	c.DenySetgroups = strings.TrimSpace(string(b)) == "deny"
	return c, err
}
