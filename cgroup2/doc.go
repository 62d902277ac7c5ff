// Package cgroup2 limits, measures and stops a group of processes with cgroup v2, as
// a user without privileges can.
//
// It has four parts. [Plan] is a pure function from the resources of the OCI runtime
// spec to [Setting]s, the files of a cgroup and what they are to hold. A [Manager]
// makes the cgroup: [Systemd] asks the user's systemd over D-Bus for a transient
// scope, [Direct] makes a directory below one that was delegated to the user. [Group]
// is a cgroup that exists, held by a handle: it verifies settings against the kernel,
// freezes, kills and measures. [Watch] counts what the kernel killed for memory.
//
// It must not know what a container is or in which order one is started, and it reads
// no environment: where the bus is, the caller says. It imports no other package of
// its module.
//
// # Limits
//
// cgroup v1 is only recognised, so that a message can name it: a user cannot be
// given a part of it. Device rules need a BPF program, which a user cannot load.
// What systemd does not know (memory.oom.group, hugetlb, anything in "unified") is
// written to the scope's own files, which a delegated scope allows.
//
// nsdelegate is no protection from the processes in a cgroup: see [Group.Enclose].
package cgroup2
