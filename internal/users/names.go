package users

import (
	"io"
	"strconv"
)

// Names looks up what ids are called in the rootfs whose directory root is a descriptor
// of, as ls(1) would inside. An id that has no name there is "".
func Names(root int) (user, group func(id uint32) string) {
	return named(root, "etc/passwd"), named(root, "etc/group")
}

// named reads name:password:id lines. The first line of an id counts.
func named(root int, path string) func(uint32) string {
	names := readNames(root, path)
	return func(id uint32) string { return names[id] }
}

func readNames(root int, path string) map[uint32]string {
	file, err := open(root, path)
	if err != nil || file == nil {
		return nil
	}
	defer file.Close()
	return parseNames(path, file.reader())
}

func parseNames(path string, r io.Reader) map[uint32]string {
	names := make(map[uint32]string)
	// A file that is spoilt names those before.
	_ = readLines(path, r, func(_ int, line []byte) (bool, error) {
		var name, password, id, rest []byte
		if cut(line, &name, &password, &id, &rest) < 3 || len(name) == 0 {
			return false, nil
		}
		if n, err := strconv.ParseUint(string(id), 10, 32); err == nil {
			if _, has := names[uint32(n)]; !has {
				names[uint32(n)] = string(name)
			}
		}
		return false, nil
	})
	return names
}
