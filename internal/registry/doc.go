// Package registry speaks with registries of images, as OCI's distribution specification has it: it finds out which
// servers have an image and with which credentials, gives its manifest and its blobs, and sends images there.
//
// What podman and docker users have set up counts: registries.conf with its mirrors and aliases, credentials and
// their helpers, certificates. The environment comes as a map; this package reads none.
//
// A server is believed nothing: a manifest is what its digest says, no more is read than a descriptor announces,
// credentials go to the host they were made for, and a secure registry cannot send anyone on to plain HTTP. The bytes of a blob
// are the one thing that is not checked here: whoever fetches it from several pieces does that over the whole.
//
// It must not know the store, nor unpack anything.
package registry
