// Package archive knows images in files and directories: oci:DIR, oci-archive:FILE, docker-archive:FILE, dir:DIR (skopeo's)
// and tar archives of a root filesystem; and it writes images from the store into the first three.
//
// All that it reads is hostile. A member of an archive is never written anywhere, and its name never becomes a path: members
// are found by comparing names with those that a format prescribes, and blobs by a digest of 64 hexadecimal digits. Of members
// with one name the last counts, as it would after extraction. Directories are read below a handle that nothing leads out of.
// Manifests, indexes and configurations have at most 4 MiB and the digest that is said of them; of a layer it is who copies it
// that looks at its digest.
//
// It must not know registries, containers, or what is in a layer.
package archive
