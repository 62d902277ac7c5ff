package transfer

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// sync has everything on the disk before a record says that it is there: a machine that loses its power would come back with
// empty files in trees that nobody looks into any more.
func (b *build) sync() error {
	dir, err := os.Open(b.store.Tmp())
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := unix.Syncfs(int(dir.Fd())); err != nil {
		return fmt.Errorf("write the store to the disk: %w", err)
	}
	return nil
}
