package main

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/ocispec"
	"github.com/urun-project/urun/internal/procs"
)

// lookup is what a shell finds out itself when it completes a value.
type lookup int

const (
	lookNothing lookup = iota
	lookFiles
	lookDirs
	lookRunning // containers
	lookAll     // and those that have ended
	lookImages
	lookKnown    // containers, also those that have ended, and images
	lookRoots    // directories and images
	lookCommands // in PATH
	lookVariables
)

// value is what may be written behind a flag, or as an argument. Completion offers it, and an error names what was nearly written.
type value struct {
	names string   // of flags that have it, without dashes, or an argument as the usage has it
	words []string // one that ends in = or : goes on
	look  lookup
}

// values are those of flags. The same name means the same in each verb that has it, or has a verb in front.
func values() []value {
	return []value{
		{"userns", []string{"auto", "single", "keep-id"}, lookNothing},
		{"net network", []string{"auto", "none", "host", "gvisor", "slirp4netns", "pasta", "container:"}, lookNothing},
		{"pid ipc uts", []string{"private", "host"}, lookNothing},
		{"cgroup", []string{"auto", "systemd", "cgroupfs", "none"}, lookNothing},
		{"seccomp", []string{"default", "unconfined"}, lookFiles},
		{"security-opt", []string{"no-new-privileges", "no-new-privileges=false", "seccomp=default", "seccomp=unconfined", "mask=", "unmask=ALL", "label=disable", "apparmor=unconfined"}, lookNothing},
		{"cap-add cap-drop", ocispec.Capabilities(), lookNothing},
		{"ulimit", ocispec.Ulimits(), lookNothing},
		{"signal stop-signal", signals(), lookNothing},
		{"group-add", []string{"keep-groups"}, lookNothing},
		{"mount", []string{"type=bind,src=", "type=tmpfs,dst=", "type=devpts,dst="}, lookNothing},
		{"log-driver", []string{"k8s-file", "none"}, lookNothing},
		{"log-opt", []string{"max-size=", "max-file="}, lookNothing},
		{"images filter", []string{"dangling=true", "dangling=false", "reference=", "label=", "before=", "since="}, lookNothing},
		{"filter", []string{"id=", "name=", "status=starting", "status=running", "status=paused", "status=exited", "exited="}, lookNothing},
		{"explain", []string{"text", "json"}, lookNothing},
		{"ps format", []string{"json", "table"}, lookNothing},
		{"inspect format", []string{"json"}, lookNothing},
		{"images format", []string{"json", "table"}, lookNothing},
		{"history format", []string{"json", "table"}, lookNothing},
		{"save format", []string{"docker-archive", "oci-archive", "oci-dir"}, lookNothing},
		{"sort", []string{"created", "id", "repository", "size", "tag"}, lookNothing},
		{"type", []string{"container", "image"}, lookNothing},
		{"policy pull", []string{"missing", "newer", "always", "never"}, lookNothing},
		{"platform", []string{"linux/amd64", "linux/arm64", "linux/arm/v7"}, lookNothing},
		{"image-volume", []string{"bind", "tmpfs", "ignore"}, lookNothing},
		{"tail", []string{"all"}, lookNothing},
		{"dns", []string{"none"}, lookNothing},
		{"detach-keys", []string{"none"}, lookNothing},
		{"config", []string{"none"}, lookFiles},
		{"volume device deny env-file cidfile pidfile json authfile digestfile output input device-read-bps device-write-bps device-read-iops device-write-iops", nil, lookFiles},
		{"overlay cert-dir", nil, lookDirs},
		{"env", nil, lookVariables},
	}
}

// argumentValues are those of arguments.
func argumentValues() []value {
	return []value{
		{"doctor ROOTFS", nil, lookDirs},
		{"ROOTFS", nil, lookRoots},
		{"pull IMAGE", []string{"docker://", "oci:", "oci-archive:", "docker-archive:"}, lookImages},
		{"IMAGE", nil, lookImages},
		{"untag NAME", nil, lookImages},
		{"DESTINATION", []string{"docker://", "oci:", "oci-archive:", "docker-archive:"}, lookNothing},
		{"inspect NAME", nil, lookKnown},
		{"unshare CMD", nil, lookCommands},
		{"run CMD", nil, lookFiles}, // of the rootfs; where that is the host's, these
		{"run ARG", nil, lookFiles},
		{"unshare ARG", nil, lookFiles},
		{"logs CONTAINER", nil, lookAll},
		{"wait CONTAINER", nil, lookAll},
		{"rm CONTAINER", nil, lookAll},
		{"CONTAINER", nil, lookRunning},
		{"COLUMN", procs.ColumnNames(), lookNothing},
		{"SHELL", []string{"bash", "zsh", "fish"}, lookNothing},
		{"VERB|--FLAG", verbList(), lookNothing},
	}
}

// valueOf finds what a flag, or an argument, of a verb can be.
func valueOf(list []value, verb, name string) value {
	for _, v := range list {
		names := strings.Fields(v.names)
		if names[0] == verb && slices.Contains(names[1:], name) || slices.Contains(names, name) && !slices.Contains(verbList(), names[0]) {
			return v
		}
	}
	return value{}
}

// signals are the names that kill(1) lists, without SIG.
func signals() (names []string) {
	for n := unix.Signal(1); n < 32; n++ {
		names = append(names, strings.TrimPrefix(unix.SignalName(n), "SIG"))
	}
	return names
}
