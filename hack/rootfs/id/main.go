// Command id prints the ids of the process, which a container is about. u-root's id prints what /etc/passwd says about
// the user instead, and no names of groups.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

func main() {
	what, name := ' ', false
	for _, arg := range os.Args[1:] {
		for _, letter := range strings.TrimPrefix(arg, "-") {
			switch letter {
			case 'u', 'g', 'G':
				what = letter
			case 'n':
				name = true
			default:
				fmt.Fprintln(os.Stderr, "usage: id [-u|-g|-G] [-n]")
				os.Exit(2)
			}
		}
	}
	users, groupNames := names("/etc/passwd"), names("/etc/group")
	list, err := os.Getgroups()
	if err != nil {
		fmt.Fprintln(os.Stderr, "id:", err)
		os.Exit(1)
	}
	one := func(id int, names map[int]string) string {
		if s, ok := names[id]; ok && name {
			return s
		}
		return strconv.Itoa(id)
	}
	var all, both []string
	for _, g := range list {
		all = append(all, one(g, groupNames))
		both = append(both, withName(g, groupNames))
	}
	switch what {
	case 'u':
		fmt.Println(one(os.Geteuid(), users))
	case 'g':
		fmt.Println(one(os.Getegid(), groupNames))
	case 'G':
		fmt.Println(strings.Join(append([]string{one(os.Getegid(), groupNames)}, all...), " "))
	default:
		fmt.Printf("uid=%s gid=%s", withName(os.Geteuid(), users), withName(os.Getegid(), groupNames))
		if len(both) > 0 {
			fmt.Print(" groups=", strings.Join(both, ","))
		}
		fmt.Println()
	}
}

func withName(id int, names map[int]string) string {
	if s, ok := names[id]; ok {
		return fmt.Sprintf("%d(%s)", id, s)
	}
	return strconv.Itoa(id)
}

// names reads a file of passwd's or group's form: the name is the first field, the number the third.
func names(path string) map[int]string {
	m := map[int]string{}
	b, err := os.ReadFile(path)
	if err != nil {
		return m // numbers will do
	}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 3 {
			continue
		}
		if id, err := strconv.Atoi(f[2]); err == nil && m[id] == "" {
			m[id] = f[0]
		}
	}
	return m
}
