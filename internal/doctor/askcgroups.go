package doctor

import (
	"context"
	"errors"
	"os"
	"path"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/cgroup2"
)

// busPatience is how long the user's systemd may take to answer.
const busPatience = 3 * time.Second

func askCgroups(ctx context.Context, c *Cgroups, buses []string, user string) {
	if c.Host, c.Err = cgroup2.Probe(); c.Err != nil {
		return
	}
	c.Owned = c.Host.Owned(os.Getuid())
	ctx, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	c.Lingers = os.Geteuid() == 0 || user != "" && unix.Access("/var/lib/systemd/linger/"+user, unix.F_OK) == nil
	if c.Bus = askSystemd(ctx, c, buses); c.Bus == nil {
		return
	}
	c.Direct = tryCgroup(ctx, c)
}

// askSystemd asks the user's systemd who it is.
func askSystemd(ctx context.Context, c *Cgroups, buses []string) error {
	s, err := cgroup2.DialSystemd(ctx, c.Host, buses)
	if err != nil {
		return err
	}
	defer s.Close()
	about, err := s.About(ctx)
	if err != nil {
		return err
	}
	c.Version = about.Version
	if c.Host.Mount == "" {
		return nil
	}
	c.Managed, err = controllers(path.Join(c.Host.Mount, about.Cgroup))
	return err
}

// controllers are those that a cgroup has; none at all is not the same as nil, not known.
func controllers(dir string) ([]string, error) {
	g, err := cgroup2.Open(dir)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	return append([]string{}, g.Controllers()...), nil
}

// tryCgroup makes a cgroup around a child, as urun does where there is no systemd, and removes it.
func tryCgroup(ctx context.Context, c *Cgroups) *Failure {
	var group *cgroup2.Group
	f := trial{
		during: func(pid int) (err error) {
			group, err = cgroup2.Direct{Host: c.Host}.Make(ctx, cgroup2.Request{Name: "urun-doctor-" + strconv.Itoa(pid), PID: pid})
			return err
		},
	}.do()
	if group != nil {
		defer group.Close()
		c.Dir = path.Dir(group.Path)
		c.Own, _ = controllers(c.Dir) // it was just there
		if err := group.Remove(); err != nil && f == nil {
			f = &Failure{Doing: "remove the cgroup " + group.Path, Says: err.Error()}
		}
	}
	var place *cgroup2.PlaceError
	if f != nil && errors.As(f.Err, &place) {
		f.Doing, f.Says = "make a cgroup by hand", place.Error()
		if len(place.Dirs) > 0 { // it is the same for those above
			f.Says = place.Dirs[0] + ": " + place.Whys[0]
		}
	}
	return f
}
