package doctor

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/network"
	"github.com/urun-project/urun/userns"
)

func askNetwork(ctx context.Context, n *Network, places network.Places, h userns.Host) {
	n.Facts = network.Probe(network.Wish{Mode: network.Auto}, places)
	var all sync.WaitGroup
	all.Go(func() {
		n.Tap = inUserNS(h, 0, func(p *forkexec.Program) {
			unshare(p, unix.CLONE_NEWNET)
			network.MakeTap(p)
		})
	})
	n.Versions = map[string]string{}
	var mu sync.Mutex
	for _, path := range []string{n.Facts.Stack, n.Facts.Slirp, n.Facts.Pasta} {
		if path == "" {
			continue
		}
		all.Go(func() {
			v := versionOf(ctx, path)
			mu.Lock()
			defer mu.Unlock()
			n.Versions[filepath.Base(path)] = v
		})
	}
	all.Wait()
}

// versionOf is the first line that a program says of itself; "" when it says nothing in time.
func versionOf(ctx context.Context, path string) string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	// No pipe: a child of ours that is cloned meanwhile has its end, too. Some versions of pasta write only to a terminal.
	fd, err := unix.MemfdCreate("version", unix.MFD_CLOEXEC|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before 6.3
		fd, err = unix.MemfdCreate("version", unix.MFD_CLOEXEC)
	}
	if err != nil {
		return ""
	}
	out := os.NewFile(uintptr(fd), "version")
	defer out.Close()
	cmd := exec.CommandContext(ctx, path, "--version")
	cmd.Stdout = out
	_ = cmd.Run() // what it has said counts
	b := make([]byte, 512)
	k, _ := out.ReadAt(b, 0) // the end of a file is an error, too
	line, _, _ := strings.Cut(string(b[:k]), "\n")
	return line
}
