package container

import (
	"errors"
	"strings"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/internal/network"
)

// explainNetwork is the sentence for a failure around the network; "" for any other.
func (l *launch) explainNetwork(err error) string {
	var (
		port   *network.PortError
		driver *networkError
	)
	switch {
	case errors.As(err, &port):
		return "publish " + port.Port.Host() + "->" + port.Port.Container() + ": " + cause(port.Err) + ": " + port.Advice()
	case errors.As(err, &driver):
		return l.explainDriver(driver)
	}
	return ""
}

// explainDriver says why a driver that is there did not come to work.
func (l *launch) explainDriver(e *networkError) string {
	var step *forkexec.StepError
	if errors.As(e.cause, &step) {
		return "the network device cannot be made: " + l.explainStep(step)
	}
	var old *network.OldError
	if errors.As(e.cause, &old) {
		return "--net " + string(e.mode) + ": " + ladder.Unavailable(old, l.opt.Within).String()
	}
	says := "the network driver failed: " + strings.TrimSuffix(e.cause.Error(), "\n")
	if l.net.wish.Mode != network.Auto {
		says += "; choose another with --net"
	}
	return says
}
