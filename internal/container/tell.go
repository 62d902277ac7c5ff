package container

import (
	"errors"
	"strconv"

	"github.com/urun-project/urun/internal/nofile"
)

// Tell is the one line for an error of whoever calls this package, which is an *Error already where it comes from here.
func Tell(err error) *Error {
	var told *Error
	if errors.As(failure(nil, err), &told) {
		return told
	}
	return nil
}

// leastFiles is how many open files urun needs to say so much as that there are too few: the runtime of Go ends with a page of
// its own words where it cannot wait for one.
const leastFiles = 24

// Fit is why urun cannot work for this caller at all, or nil.
func Fit() error { return failure(nil, fit(nofile.Inherited)) }

func fit(files nofile.Limit) error {
	if files.Max > 0 && files.Max < leastFiles {
		return errors.New("the limit on open files is " + strconv.FormatUint(files.Max, 10) + ", and urun needs more than that for itself; raise it with ulimit -n (64 will do)")
	}
	return nil
}
