// Package transfer is what urun-image does: it fetches images into the store, has their layers unpacked, and writes them
// out again. It is a process of its own because linking this costs more time than a container takes to start.
//
// One request comes on a socket, progress and notices go to stderr, one answer goes back ([Main]). When the socket ends, so
// does the work; internal/image has the types of both messages.
//
// What comes from outside is hashed while it is written, and is neither looked into nor unpacked before its digest is known to
// be the right one. A blob is fetched into partial/ and goes on where it stopped; a layer is unpacked below tmp/, in a sandbox.
// Both get their name in the store when they are whole.
//
// Locks are those of flock(2), so that none is left by a process that was killed: the store's, shared, by whoever works in it;
// one for each blob on its way; one for each layer being unpacked. A layer's lock is held until those below it are in
// place and waits for nothing above it, so two that pull images with layers in common cannot wait for each other.
//
// It must not know containers, and reads no layer itself.
package transfer
