package doctor

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/userns"
)

func itoa(n int) string { return strconv.Itoa(n) }

// mapped tells whether an id of the machine exists in the container.
func (f *Findings) mapped(uid uint32) bool {
	c, err := userns.Choose(userns.Wish{}, f.Users.Host)
	if err != nil {
		return false
	}
	if one, ok := userns.Fallback(c, f.Users.Range.cause()); ok {
		c = one
	}
	_, ok := userns.ToContainer(c.UIDs, uid)
	return ok
}

// cause is newuidmap's error; nil without one.
func (f *Failure) cause() error {
	if f == nil {
		return nil
	}
	return f.Err
}

// ids is about which ids a container has.
func (s *subject) ids() (list []Check) {
	const name = "ids"
	if s.plain.Err != nil {
		return []Check{{name, Blocked, s.plain.Err.Error(), "no id can be mapped", "", "", ""}}
	}
	for _, a := range all(s.plain.Attempts, ladder.IDs) {
		list = append(list, lost(name, Blocked, a))
	}
	if list != nil || len(s.plain.Attempts) > 0 {
		return list // what could not be tried is nothing to tell
	}
	for _, l := range all(s.plain.Lost, ladder.IDs) {
		list = append(list, lost(name, Degraded, l))
	}
	if list != nil {
		return list
	}
	c := s.plain.IDs
	found := c.Rung + ": " + count(c.UIDs) + " uids and " + count(c.GIDs) + " gids"
	if c.Method == userns.Helpers {
		found += ", mapped by " + privileged(c.NewUIDMap) + " and " + privileged(c.NewGIDMap)
	}
	return []Check{fine(name, found)}
}

func privileged(h userns.Helper) string {
	if h.Setuid {
		return h.Path + " (set-user-ID)"
	}
	return h.Path + " (file capability)"
}

func count(maps []specs.LinuxIDMapping) string {
	var n uint64
	for _, m := range maps {
		n += uint64(m.Size)
	}
	return strconv.FormatUint(n, 10)
}

// enough is how many ids images use: their nobody is 65534.
const enough = 65536

// subordinates is about who else has the caller's subordinate ids, and how many those are.
func (s *subject) subordinates() (list []Check) {
	u := &s.Users
	for _, k := range []struct {
		name, ids, flag string
		have            userns.Subordinate
		more            Subordinates
	}{
		{"subuid", "uids", "--add-subuids", u.Host.SubUID, u.UIDs},
		{"subgid", "gids", "--add-subgids", u.Host.SubGID, u.GIDs},
	} {
		if k.have.Err != nil || len(k.have.Ranges) == 0 {
			if k.have.Err == nil && k.more.Answer.Err == nil && len(k.more.Answer.Ranges) > 0 {
				list = append(list, disagreement(k.name, k.have, k.more.Answer))
			}
			continue // the line about ids says what follows
		}
		before := len(list)
		if n := total(k.have.Ranges); n < enough {
			list = append(list, Check{k.name, Degraded, k.have.Source + " gives " + s.user() + " " + strconv.FormatUint(n, 10) + " " + k.ids + " only",
				"files of images whose owner has a higher id cannot be made; images count to 65534", "give it 65536 (usermod " + k.flag + " FIRST-LAST " + s.user() + ")", ladder.Administrator, "all but those work"})
		}
		if len(k.more.Shared) > 0 {
			list = append(list, Check{k.name, Degraded, "in " + k.have.Source + " " + strings.Join(k.more.Shared, ", and ") + ", which " + s.user() + " has, too",
				"each of the two can read and write what the other's containers own", "give one of them other ids", ladder.Administrator, "everything works"})
		}
		if k.more.Asked && !slices.Equal(k.have.Ranges, k.more.Answer.Ranges) {
			list = append(list, disagreement(k.name, k.have, k.more.Answer))
		}
		if len(list) == before {
			found := ranges(k.have.Ranges) + " by " + k.have.Source
			if len(k.more.Malformed) > 0 {
				found += "; nobody can read another user's " + strings.Join(k.more.Malformed, ", ")
			}
			list = append(list, fine(k.name, found))
		}
	}
	return list
}

// disagreement is the check for files that say something else than getsubids does.
func disagreement(name string, files, answer userns.Subordinate) Check {
	says := ranges(answer.Ranges)
	if answer.Err != nil {
		says = answer.Err.Error()
	}
	return Check{name, Degraded, files.Source + " says " + ranges(files.Ranges) + ", and getsubids says " + says,
		"newuidmap goes by what getsubids says, urun by what the subid line of /etc/nsswitch.conf names, or the file", "have the two agree", ladder.Administrator, "as the line about ids says"}
}

func total(list []userns.Range) (n uint64) {
	for _, r := range list {
		n += uint64(r.Count)
	}
	return n
}

func ranges(list []userns.Range) string {
	if len(list) == 0 {
		return "none"
	}
	words := make([]string, len(list))
	for i, r := range list {
		words[i] = strconv.FormatUint(uint64(r.Start), 10) + "-" + strconv.FormatUint(uint64(r.Start)+uint64(r.Count)-1, 10)
	}
	return strings.Join(words, ", ")
}

// user is how messages name the caller.
func (s *subject) user() string {
	if n := s.Users.Host.Name; n != "" {
		return n
	}
	return "uid " + strconv.FormatUint(uint64(s.Users.Host.UID), 10)
}
