package image

import (
	"encoding/hex"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Record is what a start needs of an image, and what is listed of it. It is written when
// all of the image is in the store.
type Record struct {
	Manifest  Digest  `json:"manifest"`          // what the registry calls it; of the platform's own manifest, not of an index
	MediaType string  `json:"media_type"`        // of that
	ID        string  `json:"id"`                // 64 hexadecimal digits: the digest of its configuration, as with podman and docker
	Platform  string  `json:"platform"`          // "linux/amd64", "linux/arm/v7"
	Created   string  `json:"created,omitempty"` // RFC 3339, as the configuration has it; may be empty
	Flat      bool    `json:"flat,omitempty"`    // unpacked into one tree, because overlay's marks cannot be made on this file system
	Layers    []Layer `json:"layers"`            // the lowest first
	Config    Config  `json:"config"`            // how its command runs
}

// Layer is one layer of an image.
type Layer struct {
	Blob   Digest `json:"blob"`             // as it came, compressed
	Type   string `json:"type"`             // its media type
	DiffID Digest `json:"diff_id"`          // of the tar stream in it
	Chain  Digest `json:"chain"`            // of this layer and those below it: the chain ID of OCI's image specification
	Packed int64  `json:"packed"`           // bytes of the blob
	Size   int64  `json:"size"`             // bytes of the files in it
	Owners bool   `json:"owners,omitempty"` // something in it belongs to another id than 0, so that its tree is of one id map only
}

// Config is the part of an image's configuration that a container starts with (config.md of OCI's image specification),
// and healthcheck, which is docker's.
type Config struct {
	User         string            `json:"user,omitempty"`
	Env          []string          `json:"env,omitempty"`
	Entrypoint   []string          `json:"entrypoint,omitempty"`
	Cmd          []string          `json:"cmd,omitempty"`
	WorkingDir   string            `json:"working_dir,omitempty"`
	Volumes      []string          `json:"volumes,omitempty"`       // sorted
	ExposedPorts []string          `json:"exposed_ports,omitempty"` // "80/tcp", sorted
	Labels       map[string]string `json:"labels,omitempty"`
	StopSignal   string            `json:"stop_signal,omitempty"`
	Healthcheck  *Healthcheck      `json:"healthcheck,omitempty"`
}

// Healthcheck is docker's: times are nanoseconds.
type Healthcheck struct {
	Test        []string `json:"Test,omitempty"`
	Interval    int64    `json:"Interval,omitempty"`
	Timeout     int64    `json:"Timeout,omitempty"`
	StartPeriod int64    `json:"StartPeriod,omitempty"`
	Retries     int      `json:"Retries,omitempty"`
}

// Size is the bytes of all its files.
func (r Record) Size() (n int64) {
	for _, l := range r.Layers {
		n += l.Size
	}
	return n
}

// Owners is who the files of a tree belong to: the id map for which it was unpacked. Two maps that put
// id 0 at the same place have the same trees of what belongs to 0 alone.
type Owners struct {
	all  string // of the whole maps
	root string // of where 0 is in them
}

// OwnersOf is for a container with these id maps. Both have a line for 0.
func OwnersOf(uids, gids []specs.LinuxIDMapping) Owners {
	return Owners{all: sum(lines(uids) + "/" + lines(gids)), root: sum(zero(uids) + "/" + zero(gids))}
}

func lines(maps []specs.LinuxIDMapping) string {
	var b strings.Builder
	for _, m := range maps {
		b.WriteString(number(m.ContainerID) + ":" + number(m.HostID) + ":" + number(m.Size) + ",")
	}
	return b.String()
}

func zero(maps []specs.LinuxIDMapping) string {
	for _, m := range maps {
		if m.ContainerID == 0 && m.Size > 0 {
			return number(m.HostID)
		}
	}
	return ""
}

func number(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// sum is of a map of the user's own, so nobody seeks two that have the same. crypto/sha256 would cost every start 0.04 ms.
func sum(s string) string {
	h := fnv.New64a()
	h.Write([]byte(s)) // it does not fail
	return hex.EncodeToString(h.Sum(nil))
}

// Trees are the names in layers/ of what a container of these owners is made of, the lowest first.
func (r Record) Trees(o Owners) []string {
	if r.Flat && len(r.Layers) > 0 {
		top := Layer{Chain: r.Layers[len(r.Layers)-1].Chain}
		for _, l := range r.Layers {
			top.Owners = top.Owners || l.Owners
		}
		return []string{flat + top.tree(o)}
	}
	names := make([]string, len(r.Layers))
	for i, l := range r.Layers {
		names[i] = l.tree(o)
	}
	return names
}

// Tree is the name in layers/ of the unpacked layer.
func (l Layer) Tree(o Owners) string { return l.tree(o) }

func (l Layer) tree(o Owners) string {
	owners := o.root
	if l.Owners {
		owners = o.all
	}
	return l.chained() + "-" + owners
}

// flat begins the names of trees of a whole image.
const flat = "flat-"

// chainDigits are those of a chain ID in the name of a tree.
const chainDigits = 32

func (l Layer) chained() string { return l.Chain.Hex()[:chainDigits] }
