package userns

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

const (
	maxID    = 1<<32 - 2 // 2^32-1 is (uid_t) -1, no id
	maxLines = 340       // since Linux 4.15, user_namespaces(7)
	maxBytes = 4095      // a map is written at once and must be smaller than a page
)

// ParseMap reads one line of an id map in the form CONTAINER-ID:HOST-ID:COUNT.
func ParseMap(s string) (specs.LinuxIDMapping, error) {
	var m specs.LinuxIDMapping
	fields := strings.Split(s, ":")
	if len(fields) != 3 {
		return m, fmt.Errorf("id map %q is not CONTAINER-ID:HOST-ID:COUNT, such as 0:100000:65536", s)
	}
	for i, to := range []*uint32{&m.ContainerID, &m.HostID, &m.Size} {
		v, err := strconv.ParseUint(fields[i], 10, 32)
		if err != nil {
			return specs.LinuxIDMapping{}, fmt.Errorf("id map %q: %q is not a number from 0 to %d", s, fields[i], uint32(maxID))
		}
		*to = uint32(v)
	}
	if err := sound(m); err != nil {
		return specs.LinuxIDMapping{}, err
	}
	return m, nil
}

// Validate checks what the kernel demands of a whole map: at least one line, none
// empty or beyond the highest id, no id twice on either side, and no more than
// 340 lines or a page of text.
func Validate(maps []specs.LinuxIDMapping) error {
	if len(maps) == 0 {
		return fmt.Errorf("id map has no lines")
	}
	for i, m := range maps {
		if err := sound(m); err != nil {
			return err
		}
		for _, other := range maps[:i] {
			if overlap(m.ContainerID, m.Size, other.ContainerID, other.Size) {
				return fmt.Errorf("id maps %s and %s share container ids", text(other), text(m))
			}
			if overlap(m.HostID, m.Size, other.HostID, other.Size) {
				return fmt.Errorf("id maps %s and %s share host ids", text(other), text(m))
			}
		}
		if i == maxLines {
			return fmt.Errorf("id map has %d lines, the kernel takes %d", len(maps), maxLines)
		}
	}
	if n := len(format(maps)); n > maxBytes {
		return fmt.Errorf("id map of %d lines is %d bytes long, the kernel takes %d", len(maps), n, maxBytes)
	}
	return nil
}

func sound(m specs.LinuxIDMapping) error {
	if m.Size == 0 {
		return fmt.Errorf("id map %s has a count of 0", text(m))
	}
	if uint64(max(m.ContainerID, m.HostID))+uint64(m.Size)-1 > maxID {
		return fmt.Errorf("id map %s passes the highest id, %d", text(m), uint32(maxID))
	}
	return nil
}

// ToContainer returns the id that a host id has in the container. false: the map
// does not have it, and it shows there as nobody.
func ToContainer(maps []specs.LinuxIDMapping, host uint32) (uint32, bool) {
	for _, m := range maps {
		if host >= m.HostID && host-m.HostID < m.Size {
			return m.ContainerID + (host - m.HostID), true
		}
	}
	return 0, false
}

// ToHost returns the host id behind an id of the container. false: there is none,
// and no process or file can have that id.
func ToHost(maps []specs.LinuxIDMapping, container uint32) (uint32, bool) {
	for _, m := range maps {
		if container >= m.ContainerID && container-m.ContainerID < m.Size {
			return m.HostID + (container - m.ContainerID), true
		}
	}
	return 0, false
}

// overlap says whether the n ids from a on and the m ids from b on share one.
// The differences are unsigned: they wrap when the other id is the higher one.
func overlap(a, n, b, m uint32) bool {
	return a-b < m || b-a < n
}

func text(m specs.LinuxIDMapping) string {
	b := strconv.AppendUint(nil, uint64(m.ContainerID), 10)
	b = strconv.AppendUint(append(b, ':'), uint64(m.HostID), 10)
	return string(strconv.AppendUint(append(b, ':'), uint64(m.Size), 10))
}

// format is the text uid_map and gid_map take.
func format(maps []specs.LinuxIDMapping) []byte {
	b := make([]byte, 0, 33*len(maps))
	for _, m := range maps {
		b = strconv.AppendUint(b, uint64(m.ContainerID), 10)
		b = strconv.AppendUint(append(b, ' '), uint64(m.HostID), 10)
		b = strconv.AppendUint(append(b, ' '), uint64(m.Size), 10)
		b = append(b, '\n')
	}
	return b
}
