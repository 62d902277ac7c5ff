package main

import "github.com/urun-project/urun/internal/ocispec"

// notInExec tells what to do instead of a flag that a start has, and a further command in its container has not.
func notInExec(name string) (why string, known bool) {
	switch name {
	case "--privileged":
		return decided("capabilities and filter of system calls"), true
	case "--detach-keys":
		return "its terminal is yours until it ends; -d starts it in the background", true
	case "--latest", "-l":
		return "write the container's name; urun ps -l shows the newest", true
	case "--preserve-fds":
		return ocispec.Unsupported("--preserve-fds")
	}
	for _, of := range []struct {
		group any
		why   string
	}{
		{&ocispec.LimitFlags{}, "the container's limits hold for every command in it; urun update changes them"},
		{&ocispec.CgroupFlags{}, "the command is in the container's cgroup, which was chosen when the container started"},
		{&ocispec.SecurityFlags{}, decided("capabilities and filter of system calls")},
		{&ocispec.FileFlags{}, "the command sees what the container sees, which was decided when the container started"},
		{&ocispec.NetFlags{}, "the command is in the container's network, which was decided when the container started"},
		{&ocispec.IdentityFlags{}, "the command has the container's ids, which were decided when the container started; -u chooses among them"},
		{&ocispec.ProcessFlags{}, decided("surroundings")},
		{&lifeFlags{}, "it is about a container's start and end; the command ends with the container at the latest"},
	} {
		if _, ok := fieldsOf([]any{of.group})[name]; ok {
			return of.why, true
		}
	}
	return "", false
}

func decided(what string) string {
	return "a further command has the container's own " + what + ", decided when the container started (urun run)"
}
