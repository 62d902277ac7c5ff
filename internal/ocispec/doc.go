// Package ocispec is the only road from a command line, an image's configuration or a config.json to a [specs.Spec],
// the one type that says what a container is.
//
// It knows: what podman's and docker's flags mean, the defaults of a container, which fields of the runtime
// specification urun carries out (the ledger), and what makes a specification wrong.
//
// It must not know: how anything is done. It makes no system call, mounts nothing, looks up no user and reads
// neither the environment nor the working directory; [Invocation] brings both. It does not import the command
// line parser either: the struct tags of the flag groups are plain strings.
//
// Limits: paths are handled as text. Whether a volume's source is there, whether ROOTFS is a link to "/", whether
// a user is in the rootfs's passwd, is found out by whoever opens them; what must be known before, [Invocation] is
// asked. The one file it reads is --env-file's.
package ocispec
