// Package unpack turns a layer of an image into a tree of files: the directory that a
// container's overlay has as one of its lower ones, or, flat, the whole root file system.
//
// It reads what strangers wrote, so it runs in a process that has nothing but the tree and the
// blob (internal/inside), and still trusts nothing: no name leads through a symbolic link
// out of the tree, nothing but urun makes a mark that overlay or podman would read, and all
// that is kept in memory has a bound.
//
// [Jobs] are what that process can be asked to do: [Layer] unpacks, or says that overlay's marks
// cannot be made there, [Adopt] gives directories that a layer does not name the mode and owner
// of those below, [ReadMerged] reads a file through a stack of trees.
//
// It must not know the store, images or registries, nor start anything.
//
// # The format of a tree
//
// A whiteout is a character device 0:0, an opaque directory has the attribute
// user.overlay.opaque=y: overlay reads both when it is mounted with userxattr. With one id every
// file belongs to 0, and one that does not in the image has its owner in
// user.containers.override_stat, as podman writes it.
package unpack
