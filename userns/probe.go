package userns

import (
	"bytes"
	"os"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Probe looks at the calling thread and at the machine with two dozen system calls
// and starts nothing. Whatever cannot be found out counts as absent; the maps of
// the current namespace, when /proc does not tell them, as complete.
func Probe() Host {
	h := Host{
		UID:           uint32(os.Geteuid()),
		GID:           uint32(os.Getegid()),
		NoNewPrivs:    prctl(unix.PR_GET_NO_NEW_PRIVS, 0),
		SysAdminBound: bounding(unix.CAP_SYS_ADMIN),
		UIDMap:        readMap("/proc/self/uid_map"),
		GIDMap:        readMap("/proc/self/gid_map"),
	}
	if groups, err := unix.Getgroups(); err == nil {
		for _, g := range groups {
			h.Groups = append(h.Groups, uint32(g))
		}
	}
	h.SetUID, h.SetGID, h.SetFCap = effective()
	h.NewUIDMap = findHelper(helperDirs, "newuidmap", unix.CAP_SETUID, h.NoNewPrivs)
	h.NewGIDMap = findHelper(helperDirs, "newgidmap", unix.CAP_SETGID, h.NoNewPrivs)
	return h
}

func prctl(option int, arg uintptr) bool {
	v, err := unix.PrctlRetInt(option, arg, 0, 0, 0)
	return err == nil && v == 1
}

func bounding(capability uintptr) bool { return prctl(unix.PR_CAPBSET_READ, capability) }

func effective() (setuid, setgid, setfcap bool) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if unix.Capget(&header, &data[0]) != nil {
		return false, false, false
	}
	has := func(c int) bool { return data[0].Effective&(1<<c) != 0 }
	return has(unix.CAP_SETUID), has(unix.CAP_SETGID), has(unix.CAP_SETFCAP)
}

func readMap(path string) []specs.LinuxIDMapping {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return parseProc(content)
}

// parseProc reads what /proc/PID/uid_map shows: three numbers a line.
func parseProc(content []byte) []specs.LinuxIDMapping {
	var maps []specs.LinuxIDMapping
	for line := range bytes.Lines(content) {
		fields := bytes.Fields(line)
		if len(fields) != 3 {
			return nil
		}
		var v [3]uint32
		for i, f := range fields {
			n, err := strconv.ParseUint(string(f), 10, 32)
			if err != nil {
				return nil
			}
			v[i] = uint32(n)
		}
		maps = append(maps, specs.LinuxIDMapping{ContainerID: v[0], HostID: v[1], Size: v[2]})
	}
	return maps
}
