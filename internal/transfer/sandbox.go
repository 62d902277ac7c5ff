package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/internal/unpack"
)

// moveJob renames in its root; the arguments are a [movement].
const moveJob = "move"

type movement struct{ From, To string }

// Jobs is the table for inside.Main.
func Jobs() map[string]inside.Func {
	jobs := maps.Clone(unpack.Jobs())
	jobs[moveJob] = func(args json.RawMessage, _ []*os.File) (any, error) {
		var m movement
		if err := json.Unmarshal(args, &m); err != nil {
			return nil, err
		}
		err := unix.Rename(m.From, m.To)
		return errors.Is(err, unix.EEXIST) || errors.Is(err, unix.ENOTEMPTY), ignoreExisting(err)
	}
	return jobs
}

func ignoreExisting(err error) error {
	if errors.Is(err, unix.EEXIST) || errors.Is(err, unix.ENOTEMPTY) {
		return nil
	}
	return err
}

// move renames a tree with the power that the unpacker has over it. Both are in the store.
func (b *build) move(ctx context.Context, from, to string) error {
	images := filepath.Dir(b.store.Tmp())
	var m movement
	var err error
	if m.From, err = filepath.Rel(images, from); err == nil {
		m.To, err = filepath.Rel(images, to)
	}
	if err == nil {
		err = inside.Run(ctx, inside.Job{Name: moveJob, Args: m, Root: images}, b.to.choice, nil)
	}
	if err != nil {
		return fmt.Errorf("move %s to %s: %w", from, to, err)
	}
	return nil
}

// discard removes what was made and got no name.
func (b *build) discard(path string, close func() error) {
	if close() != nil {
		_ = inside.Remove(path, b.to.choice) // prune collects what stays
	}
}
