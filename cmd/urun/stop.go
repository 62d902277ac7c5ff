package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/state"
)

func (c *stopCmd) run() (status int, err error) {
	how := container.Stopping{Notice: notice}
	if c.Signal != "" {
		if how.Signal, err = parseSignal("--signal", c.Signal); err != nil {
			return 0, err
		}
	}
	if c.Time != "" {
		d, err := seconds("--time", c.Time, -1)
		if err != nil {
			return 0, err
		}
		how.Timeout = &d
	}
	a := access()
	list, err := choose(a, c.Names, c.All, c.Ignore, func(r state.Record) bool { return r.Alive })
	if err != nil {
		return 0, err
	}
	return 0, beside(list, func(r state.Record) error { return a.Stop(r, how) })
}

func (c *rmCmd) run() (status int, err error) {
	how := container.Stopping{Notice: quiet, Timeout: new(time.Duration)}
	if c.Time != "" {
		if !c.Force {
			return 0, errors.New("--time is for --force, which stops a container before it is removed")
		}
		if *how.Timeout, err = seconds("--time", c.Time, -1); err != nil {
			return 0, err
		}
	}
	a := access()
	list, err := choose(a, c.Names, c.All, c.Ignore || c.Force, func(r state.Record) bool { return !r.Alive || c.Force })
	if err != nil {
		return 0, err
	}
	return 0, beside(list, func(r state.Record) error {
		if c.Force && r.Alive {
			if err := a.Stop(r, how); err != nil {
				return err
			}
		}
		return a.Remove(r)
	})
}

func (c *waitCmd) run() (status int, err error) {
	a := access()
	var all []*container.Waiting // nil: there is none
	if err := tooLate(c.Names); err != nil {
		return 0, err
	}
	for _, name := range c.Names {
		r, err := a.Known(name)
		var missing *state.NotFoundError
		if c.Ignore && errors.As(err, &missing) {
			all = append(all, nil)
			continue
		}
		var w *container.Waiting
		if err == nil {
			w, err = a.Wait(r)
		}
		if err != nil {
			return 0, err
		}
		all = append(all, w)
	}
	for _, w := range all {
		n := -1
		if w != nil {
			if n, err = w.End(context.Background()); err != nil {
				return 0, err
			}
		}
		if err := printText(strconv.Itoa(n) + "\n"); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// choose finds all of the containers that are named, or none; or with all those that fit.
func choose(a container.Access, names []string, all, ignore bool, fits func(state.Record) bool) (list []state.Record, err error) {
	if all && len(names) > 0 {
		return nil, errors.New("--all and CONTAINER: write one of them")
	}
	if !all && len(names) == 0 {
		return nil, errors.New("CONTAINER is missing: name one, or write --all")
	}
	if err := tooLate(names); err != nil {
		return nil, err
	}
	known, err := a.All()
	if err != nil {
		return nil, err
	}
	for _, r := range known {
		if all && fits(r) {
			list = append(list, r)
		}
	}
	for _, name := range names {
		r, err := a.Choose(known, name)
		var missing *state.NotFoundError
		if ignore && errors.As(err, &missing) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// beside does something with containers side by side, because each may take seconds, and says in their order which ones it was
// done with. One that fails does not keep it from the others; the last error is for the caller to say.
func beside(list []state.Record, do func(state.Record) error) (err error) {
	done := make([]chan error, len(list))
	room := make(chan struct{}, 32)
	for i, r := range list {
		done[i] = make(chan error, 1)
		go func() {
			room <- struct{}{}
			done[i] <- do(r)
			<-room
		}()
	}
	for i, r := range list {
		one := <-done[i]
		if one == nil {
			_, one = os.Stdout.WriteString(printable(r.Called()) + "\n")
		}
		if one != nil && err != nil {
			notice(err.Error())
		}
		if one != nil {
			err = one
		}
	}
	return err
}
