package registry

import (
	"context"
	"fmt"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/urun-project/urun/internal/image"
)

// PushOptions are what is wanted of Push beside where to.
type PushOptions struct {
	From     []image.Name // where the image's layers may be: of the same registry, it can take them from there
	Progress func(Upload) // may be nil; is called from several goroutines
}

const uploads = 4 // at once

// Push sends the image to o.Name, the manifest last, and tells its digest there.
func Push(ctx context.Context, o Options, img v1.Image, p PushOptions) (image.Digest, error) {
	o, err := o.complete()
	if err != nil {
		return "", err
	}
	to, err := o.Config.push(o.Name)
	if err != nil {
		return "", err
	}
	e, err := o.open(ctx, to)
	if err != nil {
		return "", err
	}
	layers, err := blobsOf(img)
	if err != nil {
		return "", err
	}
	digest, err := img.Digest()
	if err != nil {
		return "", err
	}
	if o.Name.Digest != "" && string(o.Name.Digest) != digest.String() {
		return "", fmt.Errorf("the image's manifest is %s: it cannot be sent to %s", digest, o.Name)
	}
	s := &sender{endpoint: e, mount: p.mount(to), progress: p.Progress}
	if err := s.send(ctx, layers); err != nil {
		return "", err
	}
	ref := e.repo.Tag(to.Tag).String()
	if to.Digest != "" {
		ref = e.repo.Digest(string(to.Digest)).String()
	}
	err = s.again(ctx, "send the manifest", func(options ...remote.Option) error {
		r, err := name.ParseReference(ref)
		if err != nil {
			return err
		}
		return remote.Put(r, img, options...)
	})
	return image.Digest(digest.String()), err
}

// blobsOf are the layers, each once, and the configuration.
func blobsOf(img v1.Image) ([]v1.Layer, error) {
	layers, err := img.Layers()
	if err != nil {
		return nil, err
	}
	config, err := partial.ConfigLayer(img)
	if err != nil {
		return nil, err
	}
	seen := map[v1.Hash]bool{}
	var list []v1.Layer
	for _, l := range append(layers, config) {
		d, err := l.Digest()
		if err != nil {
			return nil, err
		}
		if !seen[d] {
			list = append(list, l)
		}
		seen[d] = true
	}
	return list, nil
}

// mount is another repository of the same registry, if one is known.
func (p PushOptions) mount(to place) *image.Name {
	for _, n := range p.From {
		if n.Registry == to.Host && n.Repository != to.Repository {
			return &n
		}
	}
	return nil
}

// sender sends blobs to one repository.
type sender struct {
	*endpoint
	mount    *image.Name
	progress func(Upload)
}

// again does one thing of ggcr's until it succeeds or is not to be tried again. ggcr itself tries once: it could neither be told to wait
// as long as a server wants, nor to stop waiting.
func (s *sender) again(ctx context.Context, doing string, f func(...remote.Option) error) error {
	return s.options.try(ctx, func(ctx context.Context) error {
		ctx, n := withNote(ctx)
		scopes := []string{s.repo.Scope(transport.PushScope)}
		if s.mount != nil {
			scopes = append(scopes, s.repo.Registry.Repo(s.mount.Repository).Scope(transport.PullScope))
		}
		client, err := s.connect(ctx, scopes...)
		if err == nil {
			err = f(remote.WithContext(ctx), remote.WithTransport(client.Transport), remote.WithRetryBackoff(remote.Backoff{Steps: 1}),
				remote.WithRetryPredicate(func(error) bool { return false }))
		}
		return s.explain(doing+" to "+s.Host, err, n)
	})
}

// send sends blobs, some at once. The first error ends the others.
func (s *sender) send(ctx context.Context, layers []v1.Layer) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, uploads)
	var all sync.WaitGroup
	for _, l := range layers {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := s.sendOne(ctx, l); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}
