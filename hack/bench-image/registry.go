package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// format is in the name of the directory that keeps the images: another one makes them anew.
const format = "1"

// registry is a docker-registry on loopback.
type registry struct {
	address string
	process *exec.Cmd
}

// serve starts it. Its storage stays for the next time.
func serve(o options) (*registry, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	l.Close()
	kind := "full"
	if o.quick {
		kind = "quick"
	}
	config := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %q}}\nhttp: {addr: %q}\n",
		filepath.Join(o.build, "registry-"+format+"-"+kind), address)
	file := o.work + "/registry.yml"
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return nil, err
	}
	log, err := os.Create(o.work + "/registry.log")
	if err != nil {
		return nil, err
	}
	defer log.Close()
	r := &registry{address, exec.Command("docker-registry", "serve", file)}
	r.process.Stdout, r.process.Stderr = log, log
	r.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := r.process.Start(); err != nil {
		return nil, fmt.Errorf("start docker-registry (Debian: docker-registry): %w", err)
	}
	for range 200 {
		if answer, err := http.Get("http://" + address + "/v2/"); err == nil {
			answer.Body.Close()
			return r, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.close()
	text, _ := os.ReadFile(log.Name()) // it was just written
	return nil, fmt.Errorf("docker-registry does not answer at %s: %s", address, text)
}

func (r *registry) close() {
	_ = r.process.Process.Kill()
	_ = r.process.Wait()
}

// ref is the name under which the tools know a picture.
func (r *registry) ref(p picture) string { return r.address + "/bench/" + p.name + ":1" }

// fill makes those pictures that the registry does not have yet.
func (r *registry) fill(o options, pictures []picture) error {
	for _, p := range pictures {
		ref, err := name.ParseReference(r.ref(p), name.Insecure)
		if err != nil {
			return err
		}
		if _, err := remote.Head(ref); err == nil {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench-image: making %s\n", p)
		img, err := p.make(o)
		if err == nil {
			err = remote.Write(ref, img)
		}
		if err != nil {
			return fmt.Errorf("make %s: %w", p.name, err)
		}
	}
	return nil
}
