package main

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/urun-project/urun/internal/image"
)

// imageConfigFile is what an image's configuration says beside what is in its record (config.md of OCI's image specification). It is
// shown and nothing else.
type imageConfigFile struct {
	Author        string         `json:"author"`
	Comment       string         `json:"comment"`
	DockerVersion string         `json:"docker_version"`
	History       []historyEntry `json:"history"`
}

// historyEntry is a step of how an image was made.
type historyEntry struct {
	Created    *time.Time `json:"created,omitempty"`
	CreatedBy  string     `json:"created_by,omitempty"`
	Author     string     `json:"author,omitempty"`
	Comment    string     `json:"comment,omitempty"`
	EmptyLayer bool       `json:"empty_layer,omitempty"`
}

type imageManifest struct {
	Annotations map[string]string `json:"annotations"`
}

// largestConfig is how much is read of a configuration or manifest. They were verified when they were fetched, and are of the
// store; what wrote them is not trusted.
const largestConfig = 8 << 20

// readBlob decodes a blob of the store. One that is not there says nothing.
func readBlob(s image.Store, d image.Digest, into any) error {
	f, err := os.Open(s.Blob(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, largestConfig))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return errors.New(f.Name() + ": " + err.Error() + "; pull the image again")
	}
	return nil
}

func configOf(s image.Store, r image.Record) (c imageConfigFile, err error) {
	return c, readBlob(s, image.Digest("sha256:"+r.ID), &c)
}
