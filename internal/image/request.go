package image

import "github.com/opencontainers/runtime-spec/specs-go"

// Program is the name of the helper: it links what would make urun itself start slowly.
const Program = "urun-image"

// RequestFD is the descriptor at which urun-image has the socket to urun: one [Request] comes as JSON, progress and notices
// go to stderr, one [Answer] goes back. When the socket ends before that, so does urun-image, and nothing half-made is left
// that the next one does not collect.
const RequestFD = 3

// Request is what urun asks of urun-image.
type Request struct {
	Do    string // "pull", "unpack", "push", "save", "load"
	Store string // the directory of the Store

	// Sources name images: of pull, what to fetch, written as a user writes it, relative paths already absolute; of push and
	// save, what is in the store; of load, an archive's path, or "-" for standard input.
	Sources []string
	To      string // of push, where to; of save, a path, or "-" for standard output
	Format  string // of save: "docker-archive", "oci-archive", "oci-dir"; urun always names one
	Policy  string // of pull: "missing" (the default), "always", "never", "newer"

	Platform string // "os/arch[/variant]"; empty: this machine's
	All      bool   // of pull: every tag of the repository

	Manifest Digest // of unpack: the image
	Into     string // of unpack: the directory of a container, in which root is to be a tree of all layers; empty: the trees in the store
	// UIDs and GIDs are the id maps of the container that the trees are for; empty: those that a container of the caller's has
	// by default.
	UIDs, GIDs []specs.LinuxIDMapping

	Auth      string            // a file of credentials; empty: those of podman and docker
	Creds     string            // USER:PASSWORD
	CertDir   string            // certificates and keys for the registry
	TLSVerify *bool             // nil: as registries.conf says; false: plain HTTP and unknown certificates are accepted
	Environ   map[string]string // what counts of the environment, which urun-image does not read: HOME, PATH, files of registries, proxies
	Retries   int               // how often something is tried again; 0: the default, 3; negative: never
	Quiet     bool              // no progress
	Terminal  bool              // stderr is a terminal, so progress may be drawn
	Columns   int               // of that
}

// Answer is what became of it.
type Answer struct {
	Error  string // "" when all was done
	Images []Done // one for each image, in the order of the request; with an error, those that were done before it
}

// Done is an image that was fetched, unpacked, or written.
type Done struct {
	Name     string // the whole name, by which it is in the store now or was written
	Manifest Digest
	ID       string
	Fetched  bool // of pull: something was fetched; false: it was there already
}
