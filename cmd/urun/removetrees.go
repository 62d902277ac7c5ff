package main

import (
	"errors"

	"github.com/urun-project/urun/internal/callerids"
	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/userns"
)

// removeTrees removes directories of the store, whose files may belong to subordinate ids. Where those cannot be had any more,
// files of the caller's own go at least.
func removeTrees(paths []string) (err error) {
	host := callerids.All()
	ids, err := userns.Choose(userns.Wish{Mode: userns.Auto}, host)
	if err != nil {
		return err
	}
	for _, path := range paths {
		rerr := inside.Remove(path, ids)
		if lower, ok := userns.Fallback(ids, rerr); ok {
			ids = lower
			rerr = inside.Remove(path, ids)
		}
		err = errors.Join(err, rerr)
	}
	return err
}
