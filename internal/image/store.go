package image

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Store is the user's store of images: a directory, $XDG_DATA_HOME/urun.
//
//	images/blobs/sha256/HEX    manifests, configurations and layers as they came
//	images/partial/HEX         a blob on its way; locked by who fetches it
//	images/names/HEX32         an [Entry], by a sum of its name
//	images/records/HEX/        record.json, and the image's own etc/passwd and etc/group; lock is shared by who uses the image
//	images/layers/KEY          an unpacked layer, see [Layer.Tree]
//	images/tmp/                what is being made; each directory is locked by who makes it
//	images/lock                shared by who fetches, unpacks or writes, for as long as it takes
//	images/change              held for the moment in which names or records change
//	containers/ID/             what a container writes; locked by its urun
type Store struct{ Dir string }

func (s Store) images(name ...string) string {
	return filepath.Join(append([]string{s.Dir, "images"}, name...)...)
}

// Blob is the path of a blob that is whole.
func (s Store) Blob(d Digest) string { return s.images("blobs", "sha256", d.Hex()) }

// Partial is the path of a blob on its way.
func (s Store) Partial(d Digest) string { return s.images("partial", d.Hex()) }

// Tree is the path of an unpacked layer, by its name in layers/.
func (s Store) Tree(key string) string { return s.images("layers", key) }

// Record is the directory of an image's record: there are the image's etc/passwd and etc/group, too.
func (s Store) Record(manifest Digest) string { return s.images("records", manifest.Hex()) }

// Tmp is the directory in which things are made.
func (s Store) Tmp() string { return s.images("tmp") }

// Containers is the directory with what containers write.
func (s Store) Containers() string { return filepath.Join(s.Dir, "containers") }

func (s Store) name(name string) string { return s.images("names", nameFile(name)) }

// Make makes the directories that are missing. It is for who writes; reading takes a store that is not there for an empty one.
func (s Store) Make() error {
	if !filepath.IsAbs(s.Dir) {
		return errors.New("the store's directory must be absolute: " + s.Dir)
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	var st unix.Stat_t
	if err := unix.Stat(s.Dir, &st); err != nil {
		return &os.PathError{Op: "stat", Path: s.Dir, Err: err}
	}
	if int(st.Uid) != os.Geteuid() { // as with sudo, which keeps HOME
		return errors.New(s.Dir + " belongs to another user: set XDG_DATA_HOME to a directory of your own")
	}
	for _, dir := range []string{s.images(), s.images("blobs"), s.images("blobs", "sha256"), s.images("partial"), s.images("names"), s.images("records"), s.images("layers"), s.Tmp(), s.Containers()} {
		if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return errors.Join(shut(s.images()), shut(s.Containers()))
}

// shut has nobody but its owner enter a directory. In layers there are programs with the set-user-ID bit, which belong to the caller:
// whoever else could execute one would act as the caller.
func shut(dir string) error {
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// Missing are the layers, by their place in the record, that have no tree for these owners yet.
func (s Store) Missing(r Record, o Owners) (missing []int) {
	trees := r.Trees(o)
	for i := range r.Layers {
		tree := trees[min(i, len(trees)-1)] // of a flat image there is one for all
		if unix.Access(s.Tree(tree), unix.F_OK) != nil {
			missing = append(missing, i)
		}
	}
	return missing
}
