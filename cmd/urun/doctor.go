package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/urun-project/urun/internal/apparmor"
	"github.com/urun-project/urun/internal/doctor"
)

// doctorCmd is urun doctor.
type doctorCmd struct {
	doctorFlags
	rootfs *string // nil: none is named
}

type doctorFlags struct {
	JSON     bool `name:"json" help:"The report as JSON, for programs."`
	AppArmor bool `name:"apparmor" help:"Only print the AppArmor profile that an administrator may have to load for this urun."`
}

func (c *doctorCmd) groups() []any { return []any{&c.doctorFlags} }
func (c *doctorCmd) setRest(rest []string) {
	if len(rest) > 0 {
		c.rootfs = &rest[0]
	}
}

// statusBlocked tells that something is in the way of every container.
const statusBlocked = 1

func (c *doctorCmd) run() (status int, err error) {
	p := places()
	switch {
	case c.AppArmor && (c.JSON || c.rootfs != nil):
		return 0, errors.New("--apparmor only prints the profile: leave --json and ROOTFS out")
	case c.rootfs != nil && *c.rootfs == "":
		return 0, errors.New("ROOTFS is empty: write urun doctor [FLAGS] [ROOTFS]")
	}
	var rootfs string
	if c.rootfs != nil {
		rootfs = *c.rootfs
	}
	if c.AppArmor {
		return 0, printText(apparmor.Profile(p.Self))
	}
	a := access()
	file, exists, wrong := configInForce()
	report := doctor.Assess(doctor.Examine(context.Background(), doctor.Options{
		Self: p.Self, Places: p, Within: within(), Rootfs: rootfs,
		RuntimeDir: os.Getenv("XDG_RUNTIME_DIR"), Runtime: badRuntimeDir(), Records: a.States, Buses: a.Buses,
		StateDir: ownDir("XDG_STATE_HOME", ".local/state"), DataDir: ownDir("XDG_DATA_HOME", ".local/share"), Home: os.Getenv("HOME"),
		Config: doctor.Config{Path: file, Exists: exists, Err: wrong},
	}))
	if !report.Works {
		status = statusBlocked
	}
	if c.JSON {
		return status, printJSON(report)
	}
	return status, printText(report.Text(terminal(1) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"))
}

// ownDir is urun's directory below the one that a variable names, or HOME; "" where neither is set.
func ownDir(variable, below string) string {
	if dir := os.Getenv(variable); filepath.IsAbs(dir) {
		return filepath.Join(dir, "urun")
	}
	if home := os.Getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, below, "urun")
	}
	return ""
}
