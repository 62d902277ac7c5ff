package ocispec

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func TestAnotherUserHasOtherCapabilities(t *testing.T) {
	own := inContainer().Process.Capabilities
	bounding := own.Bounding
	for name, tt := range map[string]struct {
		user specs.User
		want specs.LinuxCapabilities
	}{
		"the container's own":        {specs.User{UID: 5}, *own},
		"the same, in another group": {specs.User{UID: 5, GID: 99}, *own},
		"root":                       {specs.User{}, specs.LinuxCapabilities{Bounding: bounding, Effective: bounding, Permitted: bounding}},
		"another":                    {specs.User{UID: 9}, specs.LinuxCapabilities{Bounding: bounding}},
	} {
		p := inContainer().Process
		tt.user.AdditionalGids = []uint32{3}
		As(p, tt.user, "", false)
		if !reflect.DeepEqual(*p.Capabilities, tt.want) {
			t.Errorf("%s: got %+v, want %+v", name, *p.Capabilities, tt.want)
		}
		if p.User.UID != tt.user.UID || p.User.GID != tt.user.GID || !slices.Equal(p.User.AdditionalGids, []uint32{3}) || p.User.Umask == nil || *p.User.Umask != 0o027 {
			t.Errorf("%s: got %+v", name, p.User)
		}
		if !p.NoNewPrivileges || len(p.Rlimits) != 1 {
			t.Errorf("%s: got %+v", name, p)
		}
	}
}

// Root of a container that gave some of its capabilities up does not get them back.
func TestRootInRootsContainerKeepsWhatItHas(t *testing.T) {
	p := inContainer().Process
	p.User.UID = 0
	As(p, specs.User{}, "", false)
	if want := inContainer().Process.Capabilities; !reflect.DeepEqual(p.Capabilities, want) {
		t.Errorf("got %+v, want %+v", p.Capabilities, want)
	}
	p.Capabilities = nil // a config.json may say nothing of them
	if As(p, specs.User{UID: 9}, "", false); p.Capabilities != nil {
		t.Errorf("got %+v", p.Capabilities)
	}
}

func TestAnotherUserHasAnotherHome(t *testing.T) {
	for name, tt := range map[string]struct {
		env   []string
		home  string
		given bool
		want  []string
	}{
		"another":                 {[]string{"HOME=/srv", "A=1"}, "/home/bob", false, []string{"HOME=/home/bob", "A=1"}},
		"none before":             {[]string{"A=1"}, "/home/bob", false, []string{"A=1", "HOME=/home/bob"}},
		"given by a flag":         {[]string{"A=1", "HOME=/mine"}, "/home/bob", true, []string{"A=1", "HOME=/mine"}},
		"a user without one":      {[]string{"HOME=/srv"}, "", false, []string{"HOME=/srv"}},
		"an environment of none":  {nil, "/home/bob", false, []string{"HOME=/home/bob"}},
		"another name that is it": {[]string{"HOMER=x"}, "/home/bob", false, []string{"HOMER=x", "HOME=/home/bob"}},
	} {
		p := &specs.Process{Env: tt.env}
		As(p, specs.User{UID: 9}, tt.home, tt.given)
		if !slices.Equal(p.Env, tt.want) {
			t.Errorf("%s: got %q, want %q", name, p.Env, tt.want)
		}
	}
}

func TestAUmaskOfTheUsersOwnStays(t *testing.T) {
	mask, p := uint32(0o077), inContainer().Process
	if As(p, specs.User{UID: 9, Umask: &mask}, "", false); p.User.Umask != &mask {
		t.Errorf("got %v", p.User.Umask)
	}
}

func TestWhichUsersExistInside(t *testing.T) {
	uids, gids := ids(0, 1000, 1, 1, 100000, 9), ids(0, 1000, 1, 100, 200000, 10)
	for name, tt := range map[string]struct {
		user specs.User
		want string
	}{
		"root":                  {specs.User{}, ""},
		"the last of each":      {specs.User{UID: 9, GID: 109, AdditionalGids: []uint32{0, 100}}, ""},
		"a user behind them":    {specs.User{UID: 10}, "user 10 does not exist inside, where the ids are 0, 1-9: "},
		"a group between":       {specs.User{GID: 99}, "group 99 does not exist inside, where the ids are 0, 100-109: "},
		"one of several groups": {specs.User{AdditionalGids: []uint32{0, 100, 5}}, "group 5 does not exist inside"},
		"the largest number":    {specs.User{UID: 1<<32 - 1}, "user 4294967295 does not exist"},
	} {
		err := Mapped(tt.user, uids, gids)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
	groups := append(make([]uint32, 0, 4), 100)
	if err := Mapped(specs.User{AdditionalGids: groups}, uids, gids); err != nil || groups[:2][1] != 0 {
		t.Errorf("got %v, and the groups are %v", err, groups[:2])
	}
}
