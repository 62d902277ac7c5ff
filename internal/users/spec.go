package users

import (
	"fmt"
	"strconv"
	"strings"
)

const maxID = 1<<32 - 2 // 2^32-1 is (uid_t) -1, which setresuid(2) takes for "no change"

// id is a user or group as written: a number, or the name of one.
type id struct {
	number  uint32
	name    string
	numeric bool
}

// parseID tells numbers from names. what is "user" or "group".
func parseID(what, s string) (id, error) {
	switch {
	case s == "":
		return id{}, fmt.Errorf("the %s is missing", what)
	case s[0] == '+' || s[0] == '-':
		// strconv and strtol take a sign, passwd(5) allows no such name.
		return id{}, fmt.Errorf("%s %s is neither a name nor a number from 0 to %d", what, quote(s), uint32(maxID))
	case strings.Trim(s, "0123456789") != "":
		return id{name: s}, nil
	}
	n, err := number([]byte(s))
	if err != nil {
		return id{}, fmt.Errorf("%s %s %w", what, quote(s), err)
	}
	return id{number: n, numeric: true}, nil
}

// number reads an id in decimal.
func number(b []byte) (uint32, error) {
	for _, c := range b {
		if c < '0' || c > '9' {
			b = nil
		}
	}
	v, err := strconv.ParseUint(string(b), 10, 64)
	if err != nil || v > maxID {
		return 0, fmt.Errorf("is not a number from 0 to %d", uint32(maxID))
	}
	return uint32(v), nil
}

// parseSpec reads USER or USER:GROUP. Empty is root, which is who runs when nobody
// is asked for.
func parseSpec(spec string) (user id, group *id, err error) {
	if spec == "" {
		return id{numeric: true}, nil, nil
	}
	u, g, both := strings.Cut(spec, ":")
	if user, err = parseID("user", u); err != nil || !both {
		return user, nil, inSpec(spec, err)
	}
	if strings.Contains(g, ":") {
		return user, nil, inSpec(spec, fmt.Errorf("it is not USER or USER:GROUP"))
	}
	found, err := parseID("group", g)
	return user, &found, inSpec(spec, err)
}

func inSpec(spec string, err error) error {
	if err != nil {
		return fmt.Errorf("read the user %s: %w", quote(spec), err)
	}
	return nil
}

// quote shows what was given, without control characters and not without end.
func quote(s string) string {
	if len(s) > 64 {
		return strconv.Quote(s[:64]) + "…"
	}
	return strconv.Quote(s)
}
