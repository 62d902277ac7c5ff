package landlock

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// Wish is what a process is to be left with.
type Wish struct {
	Writable []string // files and directories: what is beneath them can be written
	Streams  []int    // descriptors whose files can be opened again for writing, through /proc/self/fd
}

// Ruleset is what is done about a wish on a kernel.
type Ruleset struct {
	Wish
	Handled uint64 // the rights that are given up; 0: nothing is done
	File    uint64 // those of them that a file can have
	Without string // why nothing is done
}

// since are the rights to write, by the ABI that has them.
var since = []struct {
	abi    int
	rights uint64
}{
	{1, unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE |
		unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK |
		unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK | unix.LANDLOCK_ACCESS_FS_MAKE_SYM},
	{2, unix.LANDLOCK_ACCESS_FS_REFER},
	{3, unix.LANDLOCK_ACCESS_FS_TRUNCATE},
}

// oldest is the first ABI that is of use. The one before forbids every rename and every
// hard link from one directory to another, and nothing can allow it.
const oldest = 2

// Decide is what can be done about a wish.
func Decide(w Wish, k Kernel) Ruleset {
	switch {
	case k.Err != nil:
		return Ruleset{Without: "the kernel does not say whether it has Landlock: " + k.Err.Error()}
	case k.ABI == 0:
		return Ruleset{Without: "the kernel has no Landlock, or was started without it (lsm=landlock,...)"}
	case k.ABI < oldest:
		return Ruleset{Without: "the kernel's Landlock (ABI " + strconv.Itoa(k.ABI) + ") forbids to rename from one directory to another; it takes Linux 5.19"}
	}
	r := Ruleset{Wish: w}
	for _, s := range since {
		if k.ABI >= s.abi {
			r.Handled |= s.rights
		}
	}
	r.File = r.Handled & (unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE)
	return r
}
