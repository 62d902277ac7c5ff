package registry

import (
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/urun-project/urun/internal/image"
)

// Source is an image in a registry, or in one of its mirrors.
type Source struct {
	options   Options
	endpoints []*endpoint // the mirrors, and the registry last

	mu       sync.Mutex
	from     int // of endpoints, the one that is asked first
	tagged   image.Digest
	manifest document // once it is there
}

// Open finds out where the image may be: mirrors, the registry, credentials. Nothing is sent yet.
func Open(ctx context.Context, o Options) (*Source, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	places, err := o.Config.pull(o.Name)
	if err != nil {
		return nil, err
	}
	s := &Source{options: o}
	for _, p := range places {
		e, err := o.open(ctx, p)
		if err != nil {
			return nil, err
		}
		s.endpoints = append(s.endpoints, e)
	}
	return s, nil
}

// Retry is the policy of the options, for the loop around Blob.
func (s *Source) Retry() Retry { return s.options.Retry }

// Manifest is the manifest of the platform asked for, byte by byte as the registry has it. It tries again what may
// help, and the mirrors in turn.
func (s *Source) Manifest(ctx context.Context) (raw []byte, mediaType string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.manifest.raw != nil {
		return s.manifest.raw, s.manifest.mediaType, nil
	}
	want, err := image.ParsePlatform(s.options.Platform)
	if err != nil {
		return nil, "", err
	}
	err = s.each(ctx, "get the manifest", func(ctx context.Context, e *endpoint) error {
		top, err := e.fetch(ctx, e.ref(), e.Digest, -1)
		if err != nil {
			return err
		}
		d, err := (&descent{endpoint: e, want: want}).resolve(ctx, top)
		if err == nil {
			s.tagged, s.manifest = top.digest, d
		}
		return err
	})
	return s.manifest.raw, s.manifest.mediaType, err
}

// each does something with one endpoint after the other until it succeeds. A mirror is tried once: there is another server.
func (s *Source) each(ctx context.Context, doing string, f func(context.Context, *endpoint) error) error {
	for i, e := range s.endpoints[:len(s.endpoints)-1] {
		if i < s.from {
			continue
		}
		err := e.once(ctx, doing, f)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s.options.Notice(fmt.Sprintf("the mirror %s is left out: %v", e.place, err))
		s.from = i + 1
	}
	last := s.endpoints[len(s.endpoints)-1]
	return s.options.try(ctx, func(ctx context.Context) error { return last.once(ctx, doing, f) })
}

// once gives an error that says where it happened, and what can be done.
func (e *endpoint) once(ctx context.Context, doing string, f func(context.Context, *endpoint) error) error {
	ctx, n := withNote(ctx)
	return e.explain(doing+" from "+e.Host, f(ctx, e), n)
}

// Tagged is, after Manifest, the digest of what the name stands for there: of an index, if that is one. It is what
// Head will say again as long as nobody pushed anything else, so it is what "newer" compares.
func (s *Source) Tagged() image.Digest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tagged
}

// Head asks what the name stands for now, without fetching it where the registry can say so.
func (s *Source) Head(ctx context.Context) (digest image.Digest, err error) {
	if s.options.Name.Digest != "" {
		return s.options.Name.Digest, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.each(ctx, "ask for the digest", func(ctx context.Context, e *endpoint) error {
		digest, err = e.head(ctx)
		return err
	})
	return digest, err
}

func (e *endpoint) head(ctx context.Context) (image.Digest, error) {
	answer, err := e.get(ctx, http.MethodHead, "/manifests/"+e.ref(), http.Header{"Accept": accepted}, http.StatusOK, http.StatusMethodNotAllowed)
	if err != nil {
		return "", err
	}
	answer.Body.Close()
	if d, err := image.ParseDigest(answer.Header.Get("Docker-Content-Digest")); err == nil && answer.StatusCode == http.StatusOK {
		return d, nil
	}
	d, err := e.fetch(ctx, e.ref(), "", -1)
	return d.digest, err
}
