package cgroup2

import "context"

// Request is a cgroup to be made around a process.
type Request struct {
	Name        string // such as "urun-web": the scope's without its suffix, or the directory's
	Description string // for people, in systemctl status
	Parent      string // a slice such as "work.slice", or a directory; "" is the manager's own choice
	PID         int    // the process, of the caller's own uid: systemd refuses others
	Settings    []Setting
}

// Manager makes a cgroup around a process. The settings may have arrived afterwards or
// not; [Group.Apply] makes sure.
type Manager interface {
	Make(ctx context.Context, r Request) (*Group, error)
	Close()
}

// TakenError tells that there is a cgroup of that name with processes in it.
type TakenError struct{ Name string }

func (e *TakenError) Error() string { return e.Name + " exists already" }
