package registry

import (
	"fmt"
	"time"

	"github.com/urun-project/urun/internal/image"
)

// Options are what a caller wants of a registry, and what it has been told about reaching one. The zero value of
// everything but Name means what a user gets who says nothing.
type Options struct {
	Name     image.Name // a full name
	Platform string     // "os/arch[/variant]"; empty: this machine's

	Auth      string            // the only file of credentials; empty: those of podman and docker
	Creds     string            // USER[:PASSWORD], before any file
	CertDir   string            // the only directory of certificates; empty: certs.d of podman and docker
	TLSVerify *bool             // nil: as registries.conf says; true: HTTPS even there and on loopback; false: plain HTTP and unknown certificates are accepted
	Environ   map[string]string // HOME, XDG_*, DOCKER_CONFIG, REGISTRY_AUTH_FILE, CONTAINERS_REGISTRIES_CONF, PATH, HTTPS_PROXY and its like

	Config *Config           // of [ReadConfig]; nil: it is read
	Retry  Retry             // how often, and how long after, something is tried again
	Stall  time.Duration     // a connection without a byte for this long is given up; 0: 30 s
	Notice func(line string) // is told of what was got around: a mirror that failed, a wait; may be nil

	etc string // stands for /etc in tests
}

// stallAfter is how long a server may say nothing: as long as podman and docker users are used to wait for a slow one.
const stallAfter = 30 * time.Second

// complete sets what is left out, and reads the configuration.
func (o Options) complete() (Options, error) {
	if o.Stall == 0 {
		o.Stall = stallAfter
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	if o.etc == "" {
		o.etc = "/etc"
	}
	if o.Config == nil {
		c, err := readConfig(o.Environ, o.etc)
		if err != nil {
			return o, fmt.Errorf("read the configuration of registries: %w", err)
		}
		o.Config = c
	}
	return o, nil
}
