package main

import (
	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/ocispec"
)

// startFrom has a container start from an image.
func (c *runCmd) startFrom(img *container.Image, o *container.Options, in *ocispec.Invocation) {
	config := img.Record.Config
	o.Image = img
	in.Rootfs = o.Store.Record(img.Record.Manifest)
	in.Image = &ocispec.ImageConfig{
		User: config.User, Env: config.Env, Entrypoint: config.Entrypoint, Cmd: config.Cmd, WorkingDir: config.WorkingDir, Volumes: config.Volumes,
		ExposedPorts: config.ExposedPorts, Labels: config.Labels, StopSignal: config.StopSignal,
	}
	if config.StopSignal == "" || o.Wishes.StopSignal != 0 {
		return
	}
	if sig, err := parseSignal("the image's stop signal", config.StopSignal); err == nil {
		o.Wishes.StopSignal = int(sig)
	} else {
		o.Notice(err.Error() + "; it is stopped with SIGTERM")
	}
}
