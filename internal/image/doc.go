// Package image knows images as they lie in the user's store: what they are called, what
// they are made of, and what a container starts from. It is all that urun itself links of
// images; fetching, unpacking and writing them is urun-image's ([Request], [Answer]).
//
// The store is below $XDG_DATA_HOME/urun, see [Store]. What is in it is either whole or not there:
// a file or directory is made in tmp/ and renamed to the name under which it is
// looked for. Whoever uses an image holds a lock of flock(2) on its record, which ends
// with the process.
//
// It must not know containers, nor read a registry, an archive or a layer: those are hostile. Nor may it import what
// every start would pay for, such as net/http and cryptography: urun links it.
package image
