package transfer

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/urun-project/urun/internal/image"
)

// configuration is what an image's says, of OCI or docker.
type configuration struct {
	platform string
	created  string
	diffIDs  []image.Digest
	config   image.Config
}

func parseConfig(raw []byte, layers int) (c configuration, err error) {
	var j struct {
		image.Platform
		Created string `json:"created"`
		RootFS  struct {
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
		Config struct {
			User         string
			Env          []string
			Entrypoint   []string
			Cmd          []string
			WorkingDir   string
			Volumes      map[string]struct{}
			ExposedPorts map[string]struct{}
			Labels       map[string]string
			StopSignal   string
			Healthcheck  *image.Healthcheck
		} `json:"config"`
	}
	if err := json.Unmarshal(raw, &j); err != nil {
		return c, err
	}
	if len(j.RootFS.DiffIDs) != layers {
		return c, fmt.Errorf("it is of %d layers, and the manifest has %d", len(j.RootFS.DiffIDs), layers)
	}
	for _, s := range j.RootFS.DiffIDs {
		d, err := image.ParseDigest(s)
		if err != nil {
			return c, err
		}
		c.diffIDs = append(c.diffIDs, d)
	}
	c.platform, c.created = j.Platform.String(), j.Created
	o := j.Config
	c.config = image.Config{User: o.User, Env: o.Env, Entrypoint: o.Entrypoint, Cmd: o.Cmd, WorkingDir: o.WorkingDir,
		Volumes: sorted(o.Volumes), ExposedPorts: sorted(o.ExposedPorts), Labels: o.Labels, StopSignal: o.StopSignal, Healthcheck: o.Healthcheck}
	return c, nil
}

func sorted(m map[string]struct{}) []string { return slices.Sorted(maps.Keys(m)) }

// chains are the chain IDs of layers: of each and those below it (config.md of OCI's image specification).
func chains(diffIDs []image.Digest) []image.Digest {
	list := make([]image.Digest, len(diffIDs))
	for i, d := range diffIDs {
		if list[i] = d; i > 0 {
			h := sha256.New()
			h.Write([]byte(string(list[i-1]) + " " + string(d)))
			list[i] = digest(h)
		}
	}
	return list
}
