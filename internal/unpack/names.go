package unpack

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Bounds of what an archive can have urun do or remember.
const (
	longestName = 4095    // bytes: PATH_MAX of the kernel without its NUL, so nobody could name what is below
	mostEntries = 4 << 20 // entries, and directories made for them
	mostNames   = 256 << 20
	mostSparse  = 1 << 40 // bytes that the sparse files of a layer are long
)

var (
	errDotDot = errors.New(`it has a component ".."`)
	errLong   = fmt.Errorf("it is longer than %d bytes", longestName)
)

// clean gives the name of an entry without what changes nothing: "./", "//" and slashes at either end. So an absolute name is one
// below the tree. "." is the tree itself. A ".." is not resolved but refused, because what it means depends on who reads it.
func clean(name string) (string, error) {
	if len(name) > longestName {
		return "", errLong
	}
	if plain(name) {
		return name, nil
	}
	parts := strings.Split(name, "/")
	kept := parts[:0]
	for _, p := range parts {
		switch p {
		case "", ".":
		case "..":
			return "", errDotDot
		default:
			kept = append(kept, p)
		}
	}
	if len(kept) == 0 {
		return ".", nil
	}
	return strings.Join(kept, "/"), nil
}

// plain tells, without making anything, that a name is clean.
func plain(name string) bool {
	begin := 0
	for i := 0; i <= len(name); i++ {
		if i < len(name) && name[i] != '/' {
			continue
		}
		if part := name[begin:i]; part == "" || part == "." || part == ".." {
			return false
		}
		begin = i + 1
	}
	return true
}

// split gives the directory of a clean name that is not ".".
func split(name string) (dir, base string) {
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return ".", name
	}
	return name[:i], name[i+1:]
}

func join(dir, base string) string {
	if dir == "." {
		return base
	}
	return dir + "/" + base
}

// quote is for names that strangers chose: errors go to a terminal.
func quote(name string) string {
	if len(name) > 200 {
		name = name[:197] + "..."
	}
	return strconv.Quote(name)
}
