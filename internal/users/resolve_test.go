package users

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

const passwd = `# the users
root:x:0:0:root:/root:/bin/bash

  bob:x:1000:100:Bob,,,:/home/bob:/bin/sh
carol:x:1001:1001::relative:sh
dave:x:1002:1002
again:x:1000:7::/:/bin/sh
5000:x:0:0:a name of digits:/root:/bin/sh
0x1:x:77:77::/:/bin/sh
odd name:x:78:78::/a b:/bin/sh
nothing:x:::::
hex:x:0x10:1::/:
minus:x:-1:0::/:
big:x:4294967296:0::/:
top:x:4294967295:0::/:
nogid:x:90::::
badgid:x:91:root::/:
short:x:92
esc:x:93:93::/` + "\x1b[31m:/bin/sh\x00x" + `
+::::::
bob:x:0:0:the second bob:/root:/bin/sh
`

const group = `root:x:0:
users:x:100:bob
wheel:x:10:root,bob,
audio:x:29:carol,bob,carol
again:x:29:bob
video:x:44:bobby,xbob
6000:x:0:
bare:x:55
bad:x:x:dave
short:x
`

func TestResolveFindsTheUser(t *testing.T) {
	for spec, want := range map[string]User{
		"":                      {Name: "root", Groups: []uint32{10}, Home: "/root", Shell: "/bin/bash"},
		"0":                     {Name: "root", Groups: []uint32{10}, Home: "/root", Shell: "/bin/bash"},
		"00":                    {Name: "root", Groups: []uint32{10}, Home: "/root", Shell: "/bin/bash"},
		"root":                  {Name: "root", Groups: []uint32{10}, Home: "/root", Shell: "/bin/bash"},
		"bob":                   {UID: 1000, GID: 100, Name: "bob", Groups: []uint32{10, 29, 100}, Home: "/home/bob", Shell: "/bin/sh"},
		"1000":                  {UID: 1000, GID: 100, Name: "bob", Groups: []uint32{10, 29, 100}, Home: "/home/bob", Shell: "/bin/sh"},
		"01000":                 {UID: 1000, GID: 100, Name: "bob", Groups: []uint32{10, 29, 100}, Home: "/home/bob", Shell: "/bin/sh"},
		"bob:5":                 {UID: 1000, GID: 5, Name: "bob", Home: "/home/bob", Shell: "/bin/sh"},
		"bob:wheel":             {UID: 1000, GID: 10, Name: "bob", Home: "/home/bob", Shell: "/bin/sh"},
		"1000:wheel":            {UID: 1000, GID: 10, Name: "bob", Home: "/home/bob", Shell: "/bin/sh"},
		"1000:1000":             {UID: 1000, GID: 1000, Name: "bob", Home: "/home/bob", Shell: "/bin/sh"},
		"bob:bare":              {UID: 1000, GID: 55, Name: "bob", Home: "/home/bob", Shell: "/bin/sh"},
		"carol":                 {UID: 1001, GID: 1001, Name: "carol", Groups: []uint32{29}},
		"dave:0":                {UID: 1002, Name: "dave"},
		"odd name":              {UID: 78, GID: 78, Name: "odd name", Home: "/a b", Shell: "/bin/sh"},
		"93":                    {UID: 93, GID: 93, Name: "esc"},
		"65534":                 {UID: 65534},
		"65534:65534":           {UID: 65534, GID: 65534},
		"4294967294:4294967294": {UID: 4294967294, GID: 4294967294},
		// Digits are an id: the passwd line of that name does not make one root.
		"5000":      {UID: 5000},
		"1000:6000": {UID: 1000, GID: 6000, Name: "bob", Home: "/home/bob", Shell: "/bin/sh"},
		// For a reference parser this is no number, but a name.
		"0x1": {UID: 77, GID: 77, Name: "0x1", Home: "/", Shell: "/bin/sh"},
	} {
		got, err := Resolve(strings.NewReader(passwd), strings.NewReader(group), spec)
		if err != nil || got.String() != want.String() {
			t.Errorf("%q gives %s, %v, want %s", spec, got, err, want)
		}
	}
}

// String is for failures of tests.
func (u User) String() string {
	return fmt.Sprintf("%d:%d %v %q %q %q", u.UID, u.GID, u.Groups, u.Name, u.Home, u.Shell)
}

func TestResolveRefusesInWords(t *testing.T) {
	const range_ = " a number from 0 to 4294967294"
	for spec, want := range map[string]string{
		":":                       `read the user ":": the user is missing`,
		":1":                      `read the user ":1": the user is missing`,
		"1:":                      `read the user "1:": the group is missing`,
		"bob:":                    `read the user "bob:": the group is missing`,
		"1:2:3":                   `read the user "1:2:3": it is not USER or USER:GROUP`,
		"+1":                      `read the user "+1": user "+1" is neither a name nor` + range_,
		"-1":                      `read the user "-1": user "-1" is neither a name nor` + range_,
		"1:-1":                    `read the user "1:-1": group "-1" is neither a name nor` + range_,
		"+":                       `read the user "+": user "+" is neither a name nor` + range_,
		"4294967295":              `read the user "4294967295": user "4294967295" is not` + range_,
		"4294967296":              `read the user "4294967296": user "4294967296" is not` + range_,
		"0:4294967295":            `read the user "0:4294967295": group "4294967295" is not` + range_,
		"99999999999999999999999": `read the user "99999999999999999999999": user "99999999999999999999999" is not` + range_,
		"0x0":                     `user "0x0" is not in the rootfs's /etc/passwd; use a number or one of its names`,
		"1 ":                      `user "1 " is not in the rootfs's /etc/passwd; use a number or one of its names`,
		" 0":                      `user " 0" is not in the rootfs's /etc/passwd; use a number or one of its names`,
		"1e3":                     `user "1e3" is not in the rootfs's /etc/passwd; use a number or one of its names`,
		"alice":                   `user "alice" is not in the rootfs's /etc/passwd; use a number or one of its names`,
		"BOB":                     `user "BOB" is not in the rootfs's /etc/passwd; use a number or one of its names`,
		"a\x1b[31m\n":             `user "a\x1b[31m\n" is not in the rootfs's /etc/passwd; use a number or one of its names`,
		"bob:nobodies":            `group "nobodies" is not in the rootfs's /etc/group; use a number or one of its names`,
		"bob:0x0":                 `group "0x0" is not in the rootfs's /etc/group; use a number or one of its names`,
		"nothing":                 `read the rootfs's /etc/passwd: line 11: uid "" is not` + range_,
		"hex":                     `read the rootfs's /etc/passwd: line 12: uid "0x10" is not` + range_,
		"minus":                   `read the rootfs's /etc/passwd: line 13: uid "-1" is not` + range_,
		"big":                     `read the rootfs's /etc/passwd: line 14: uid "4294967296" is not` + range_,
		"top":                     `read the rootfs's /etc/passwd: line 15: uid "4294967295" is not` + range_,
		"90":                      `read the rootfs's /etc/passwd: line 16: gid "" is not` + range_,
		"badgid":                  `read the rootfs's /etc/passwd: line 17: gid "root" is not` + range_,
		"92":                      `read the rootfs's /etc/passwd: line 18 ends before the gid`,
		"bob:bad":                 `read the rootfs's /etc/group: line 9: gid "x" is not` + range_,
		"bob:short":               `read the rootfs's /etc/group: line 10 ends before the gid`,
		"dave":                    `read the rootfs's /etc/group: line 9: gid "x" is not` + range_,
	} {
		got, err := Resolve(strings.NewReader(passwd), strings.NewReader(group), spec)
		if err == nil || err.Error() != want || got.String() != (User{}).String() {
			t.Errorf("%q gives %s, %v, want the error %s", spec, got, err, want)
		}
	}
}

func TestResolveWithoutFiles(t *testing.T) {
	for spec, want := range map[string]User{"": {}, "0": {}, "7": {UID: 7}, "7:8": {UID: 7, GID: 8}} {
		if got, err := Resolve(nil, nil, spec); err != nil || got.String() != want.String() {
			t.Errorf("%q gives %s, %v, want %s", spec, got, err, want)
		}
	}
	for spec, want := range map[string]string{
		"bob":   `user "bob" is unknown, because the rootfs has no /etc/passwd; use a number`,
		"1:bob": `group "bob" is unknown, because the rootfs has no /etc/group; use a number`,
	} {
		if got, err := Resolve(nil, nil, spec); err == nil || err.Error() != want {
			t.Errorf("%q gives %s, %v, want %s", spec, got, err, want)
		}
	}
}

func TestAGroupIsANumberOrAName(t *testing.T) {
	find := func(s string) (uint32, error) {
		want, err := parseID("group", s)
		if err != nil {
			return 0, err
		}
		return findGroup(strings.NewReader(group), want)
	}
	for s, want := range map[string]uint32{"0": 0, "wheel": 10, "010": 10, "6000": 6000, "4294967294": 4294967294} {
		if got, err := find(s); err != nil || got != want {
			t.Errorf("%q gives %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "-1", "+1", "4294967295", "0x1", "nobodies", "bad", "short", "wheel:", "root:x"} {
		if got, err := find(s); err == nil {
			t.Errorf("%q gives %d", s, got)
		}
	}
}

// endless is a file without end and without a line feed, unless it has one.
type endless string

func (e endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = e[i%len(e)]
	}
	return len(b), nil
}

func TestResolveDoesNotReadOnAndOn(t *testing.T) {
	member := "g:x:5:" + strings.Repeat("someone,", 100_000) + "bob\n"
	for _, c := range []struct {
		name          string
		passwd, group io.Reader
		want          string // empty: an answer
	}{
		{"one line without end", endless("x"), nil, "read the rootfs's /etc/passwd: line 1 is longer than 1048576 bytes"},
		{"zeros without end", endless("\x00"), nil, "read the rootfs's /etc/passwd: line 1 is longer than 1048576 bytes"},
		{"lines without end", endless("\n"), nil, "read the rootfs's /etc/passwd: it has more than 16777216 bytes"},
		{"short lines without end", endless("a:x:1:1\n"), nil, "read the rootfs's /etc/passwd: it has more than 16777216 bytes"},
		{"ten million lines", strings.NewReader(strings.Repeat("\n", 10_000_000) + passwd), nil, ""},
		{"ten million lines of groups", strings.NewReader(passwd), strings.NewReader(strings.Repeat("\n", 10_000_000)), ""},
		{"groups without end", strings.NewReader(passwd), endless("g:x:1:bob\n"), `read the rootfs's /etc/group: user "bob" is in more than 65536 groups`},
		{"a long line of members", strings.NewReader(passwd), strings.NewReader(member), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			got, err := Resolve(c.passwd, c.group, "bob")
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %s", took)
			}
			if c.want == "" {
				if err != nil || got.UID != 1000 {
					t.Errorf("got %s, %v", got, err)
				}
			} else if err == nil || err.Error() != c.want {
				t.Errorf("got %s, %v, want %s", got, err, c.want)
			}
		})
	}
	if got, err := Resolve(strings.NewReader(passwd), strings.NewReader(member), "bob"); err != nil || !slices.Equal(got.Groups, []uint32{5}) {
		t.Errorf("the end of a long line was not read: %v, %v", got.Groups, err)
	}
}

func FuzzResolve(f *testing.F) {
	for _, spec := range []string{"", "0", "bob", "1000:wheel", "5000", "0x1", "01", "+1", "-1", "1:", "4294967295", "4294967296"} {
		f.Add(passwd, group, spec)
	}
	f.Add("bob:x:::::\nbob:x:0:0", "g:x:0:bob", "bob")
	f.Fuzz(func(t *testing.T, passwd, group, spec string) {
		u, err := Resolve(strings.NewReader(passwd), strings.NewReader(group), spec)
		if err != nil {
			if u.String() != (User{}).String() {
				t.Fatalf("a user beside an error: %s", u)
			}
			return
		}
		if u.UID > maxID || u.GID > maxID {
			t.Fatalf("impossible ids: %s", u)
		}
		for _, p := range []string{u.Home, u.Shell} {
			if p != "" && (p[0] != '/' || strings.ContainsAny(p, "\x00\n\x1b")) {
				t.Fatalf("impossible path: %s", u)
			}
		}
		// Nobody becomes root who did not ask for it or is root in passwd.
		name, _, _ := strings.Cut(spec, ":")
		digits := name != "" && strings.Trim(name, "0123456789") == ""
		if u.UID == 0 && digits && strings.Trim(name, "0") != "" {
			t.Fatalf("%q became root", spec)
		}
	})
}
