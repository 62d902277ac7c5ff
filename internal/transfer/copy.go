package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/urun-project/urun/internal/image"
)

// copy makes a tree of all layers for one container, in its directory. Whoever has locked that removes it. What is in the store stays
// as it is, but for blobs that were pruned.
func (t *task) copy(ctx context.Context, name string, r image.Record) (fetched bool, err error) {
	tree, err := t.destination()
	if err != nil {
		return false, err
	}
	to, err := t.target()
	if err != nil {
		return false, err
	}
	src, done, err := t.again(ctx, name, r)
	if err != nil {
		return false, err
	}
	defer done()
	r.Flat = true // of this copy, which is not saved
	b := &build{task: t, src: src, record: &r, to: to, unpacks: make(chan struct{}, 1)}
	err = b.each(ctx, func(context.Context, int, *bar) error { return nil })
	if err == nil {
		err = os.Mkdir(tree, 0o755)
	}
	if err == nil {
		err = b.merge(ctx, tree)
	}
	if err != nil {
		err = fmt.Errorf("copy %s: %w", called(name, r), err)
	}
	return b.fetched.Load(), err
}

// destination is where the copy is to be: only below containers/, in a directory that is there.
func (t *task) destination() (string, error) {
	wrong := errors.New(strconv.Quote(t.Into) + " is not the directory of a container")
	if filepath.Clean(t.Into) != t.Into || filepath.Dir(t.Into) != filepath.Clean(t.store.Containers()) {
		return "", wrong
	}
	if st, err := os.Lstat(t.Into); err != nil || !st.IsDir() {
		return "", wrong
	}
	return filepath.Join(t.Into, "root"), nil
}
