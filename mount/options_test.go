package mount

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOptionsAreToldApart(t *testing.T) {
	const (
		ro, nosuid, nodev = unix.MOUNT_ATTR_RDONLY, unix.MOUNT_ATTR_NOSUID, unix.MOUNT_ATTR_NODEV
		noatime, strict   = unix.MOUNT_ATTR_NOATIME, unix.MOUNT_ATTR_STRICTATIME
		atime             = unix.MOUNT_ATTR__ATIME
	)
	tests := map[string]Options{
		"":                        {},
		"ro,nosuid,nodev":         {Set: ro | nosuid | nodev},
		"ro,rw":                   {Clear: ro},
		"rw,rro":                  {Set: ro},
		"noatime,strictatime":     {Set: strict, Clear: atime},
		"strictatime,relatime":    {Clear: atime},
		"rbind,nosuid":            {Bind: true, Set: nosuid},
		"bind,private,defaults":   {Bind: true, NonRecursive: true},
		"bind,rbind":              {Bind: true},
		"mode=755,ro,newinstance": {Set: ro, Data: []string{"mode=755", "newinstance"}},
		"noatime":                 {Set: noatime, Clear: atime},
	}
	for list, want := range tests {
		got, err := ParseOptions(strings.Split(list, ","))
		if err != nil {
			t.Errorf("%q: %v", list, err)
			continue
		}
		if got.Set != want.Set || got.Clear != want.Clear || got.Bind != want.Bind || got.NonRecursive != want.NonRecursive || !slices.Equal(got.Data, want.Data) {
			t.Errorf("%q is %+v, want %+v", list, got, want)
		}
	}
}

func TestOptionsThatOpenTheContainerAreRefused(t *testing.T) {
	for _, o := range []string{"shared", "rshared", "slave", "rslave", "unbindable", "idmap", "remount"} {
		if _, err := ParseOptions([]string{"ro", o}); err == nil || !strings.Contains(err.Error(), o) {
			t.Errorf("%s: error %v, want one that names it", o, err)
		}
	}
}
