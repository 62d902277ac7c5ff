package registry

import (
	"context"
	"io"
	"sync/atomic"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/urun-project/urun/internal/image"
)

// Upload is what Push tells while it works.
type Upload struct {
	Blob  image.Digest
	Size  int64
	Sent  int64 // of it, so far; falls back when it is sent anew
	There bool  // the registry had it, or took it from another repository of its own
}

func (s *sender) sendOne(ctx context.Context, l v1.Layer) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	digest, err := l.Digest()
	if err != nil {
		return err
	}
	size, err := l.Size()
	if err != nil {
		return err
	}
	c := &counted{Layer: l, told: func(sent int64) {
		if s.progress != nil {
			s.progress(Upload{Blob: image.Digest(digest.String()), Size: size, Sent: sent})
		}
	}}
	var layer v1.Layer = c
	if s.mount != nil {
		layer = &remote.MountableLayer{Layer: c, Reference: s.repo.Registry.Repo(s.mount.Repository).Tag(image.Latest)}
	}
	err = s.again(ctx, "send the blob "+digest.Hex[:12], func(options ...remote.Option) error {
		return remote.WriteLayer(s.repo, layer, options...)
	})
	if err == nil && s.progress != nil {
		s.progress(Upload{Blob: image.Digest(digest.String()), Size: size, Sent: size, There: !c.opened.Load()})
	}
	return err
}

// counted is a layer that tells how much of it has been read.
type counted struct {
	v1.Layer
	told   func(sent int64)
	opened atomic.Bool
}

func (c *counted) Compressed() (io.ReadCloser, error) {
	c.opened.Store(true)
	r, err := c.Layer.Compressed()
	return &counter{ReadCloser: r, told: c.told}, err
}

type counter struct {
	io.ReadCloser
	sent int64
	told func(sent int64)
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.sent += int64(n)
	c.told(c.sent)
	return n, err
}
