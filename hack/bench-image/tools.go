package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// step is a command, with variables beside those that all have.
type step struct {
	argv []string
	env  []string
}

// tool gets images into a place of its own, which is a directory, and runs commands in containers of them.
type tool struct {
	name string
	pull func(place, ref string) []step
	run  func(place, ref string, command ...string) step // nil: it does not
	zstd bool                                            // it can read such layers
	// copies says that it has a whole copy of the files for each layer, so that two pulls of many layers are enough.
	copies bool
}

func urunTool(o options) tool {
	env := func(place string) []string { return []string{"XDG_DATA_HOME=" + place + "/data"} }
	return tool{
		name: "urun",
		pull: func(place, ref string) []step { return []step{{[]string{o.urun, "pull", "-q", ref}, env(place)}} },
		run: func(place, ref string, command ...string) step {
			return step{append([]string{o.urun, "--net=none", ref}, command...), env(place)}
		},
		zstd: true,
	}
}

func podmanTool(driver string) tool {
	podman := func(place string, args ...string) step {
		return step{append([]string{"podman", "--root", place + "/root", "--runroot", place + "/run", "--storage-driver", driver, "--cgroup-manager", "cgroupfs"}, args...), nil}
	}
	return tool{
		name: "podman " + driver,
		pull: func(place, ref string) []step { return []step{podman(place, "pull", "-q", ref)} },
		run: func(place, ref string, command ...string) step {
			return podman(place, append([]string{"run", "--rm", "--pull=never", "--network=none", ref}, command...)...)
		},
		zstd:   true,
		copies: driver == "vfs",
	}
}

// umociTool has no store and no containers: it only unpacks, with one id.
func umociTool() tool {
	return tool{name: "skopeo and umoci", pull: func(place, ref string) []step {
		return []step{
			{[]string{"skopeo", "copy", "-q", "docker://" + ref, "oci:" + place + "/layout:1"}, nil},
			{[]string{"umoci", "unpack", "--rootless", "--image", place + "/layout:1", place + "/bundle"}, nil},
		}
	}}
}

// toolsOf are all of them, with the environment that they share: nothing of the caller's own configuration is in it.
func toolsOf(o options, hub *registry) ([]tool, error) {
	config := o.work + "/home/.config/containers"
	if err := errors.Join(os.Mkdir(o.work+"/run", 0o700), os.MkdirAll(config, 0o700)); err != nil {
		return nil, err
	}
	if err := os.WriteFile(config+"/registries.conf", fmt.Appendf(nil, "[[registry]]\nlocation = %q\ninsecure = true\n", hub.address), 0o644); err != nil {
		return nil, err
	}
	err := errors.Join(os.Setenv("HOME", o.work+"/home"), os.Setenv("XDG_RUNTIME_DIR", o.work+"/run"), os.Setenv("URUN_CONFIG", "none"),
		os.Unsetenv("CONTAINERS_REGISTRIES_CONF"), os.Unsetenv("XDG_CONFIG_HOME"), os.Unsetenv("XDG_STATE_HOME"), os.Unsetenv("XDG_DATA_HOME"))
	return []tool{urunTool(o), podmanTool("overlay"), podmanTool("vfs"), umociTool()}, err
}

// timed runs commands one after the other and gives back how many milliseconds they take.
func timed(steps ...step) (float64, error) {
	var complaints strings.Builder
	began := time.Now()
	for _, s := range steps {
		c := exec.Command(s.argv[0], s.argv[1:]...)
		c.Env = append(os.Environ(), s.env...)
		c.Stderr = &complaints
		if err := c.Run(); err != nil {
			lines := strings.Split(strings.TrimSpace(complaints.String()), "\n")
			return 0, fmt.Errorf("%s: %w: %s", filepath.Base(s.argv[0]), err, lines[len(lines)-1])
		}
	}
	return float64(time.Since(began).Microseconds()) / 1000, nil
}

// says runs a command and gives back what it prints.
func says(s step) (string, error) {
	c := exec.Command(s.argv[0], s.argv[1:]...)
	c.Env = append(os.Environ(), s.env...)
	var complaints strings.Builder
	c.Stderr = &complaints
	b, err := c.Output()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", filepath.Base(s.argv[0]), err, strings.TrimSpace(complaints.String()))
	}
	return strings.TrimSpace(string(b)), err
}

// place is a new directory. Its name is short: podman's runroot may have 50 letters.
func place(o options) (string, error) { return os.MkdirTemp(o.work, "") }

// discard removes a place: much of it belongs to subordinate ids. What is dirty is written now, not while another
// tool is measured.
func discard(o options, dir string) error {
	defer unix.Sync()
	_, err := says(step{[]string{o.urun, "unshare", "rm", "-rf", dir}, nil})
	return err
}

// clean ends the process that podman leaves, and removes what was made.
func clean(o options) {
	if b, err := os.ReadFile(o.work + "/run/libpod/tmp/pause.pid"); err == nil {
		if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
	}
	if err := discard(o, o.work); err != nil {
		fmt.Fprintln(os.Stderr, "bench-image: remove what was made:", err)
	}
}
