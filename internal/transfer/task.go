package transfer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/registry"
)

// task is one request on its way.
type task struct {
	image.Request
	store         image.Store
	show          *display
	stdin, stdout *os.File

	// What is found out when it is first needed.
	config *registry.Config // what registries.conf says
	ids    *target          // whom trees are for
	once   sync.Once
	images []image.Listed // what the store had
}

func newTask(r image.Request, stdin, stdout, stderr *os.File) *task {
	return &task{Request: r, store: image.Store{Dir: r.Store}, stdin: stdin, stdout: stdout,
		show: &display{w: stderr, quiet: r.Quiet, terminal: r.Terminal, columns: r.Columns}}
}

// do gives what was done, with an error too.
func (t *task) do(ctx context.Context) ([]image.Done, error) {
	kinds := map[string]func(context.Context) ([]image.Done, error){
		"pull": t.pull, "unpack": t.unpack, "push": t.push, "save": t.save, "load": t.load,
	}
	do, known := kinds[t.Do]
	if !known {
		return nil, fmt.Errorf("a request to %s, which this version of urun-image does not know: it is not urun's own", strconv.Quote(t.Do))
	}
	if err := t.store.Make(); err != nil {
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS) {
			return nil, fmt.Errorf("make the store: %w; XDG_DATA_HOME names another place for it, which you can write to", err)
		}
		return nil, fmt.Errorf("make the store: %w", err)
	}
	working, err := t.store.Share(ctx)
	if err != nil {
		return nil, err
	}
	defer working.Close()
	return do(ctx)
}

// registries is what registries.conf and its like say.
func (t *task) registries() (*registry.Config, error) {
	if t.config == nil {
		c, err := registry.ReadConfig(t.Environ)
		if err != nil {
			return nil, err
		}
		t.config = c
	}
	return t.config, nil
}

// options are for a registry that has the image.
func (t *task) options(n image.Name) (registry.Options, error) {
	c, err := t.registries()
	return registry.Options{Name: n, Platform: t.Platform, Auth: t.Auth, Creds: t.Creds, CertDir: t.CertDir, TLSVerify: t.TLSVerify,
		Environ: t.Environ, Config: c, Retry: registry.Retry{Times: t.Retries}, Notice: t.show.tell}, err
}
