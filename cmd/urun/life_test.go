package main

import (
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/logfile"
	"github.com/urun-project/urun/internal/state"
)

// lifeOf is what a command line says about the container's life.
func lifeOf(t *testing.T, line string) (container.Options, error) {
	t.Helper()
	c, err := parse(append(strings.Fields(line), "./rootfs"))
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	var o container.Options
	return o, c.(*runCmd).apply(&o, c.(*runCmd).Interactive, os.Stdin)
}

func TestWhatIsAskedOfAContainersLife(t *testing.T) {
	n := func(n int) *int { return &n }
	for line, want := range map[string]container.Options{
		"":                       {},
		"-i --rm":                {},
		"-d":                     {Wishes: state.Wishes{Detached: true, Keep: true}},
		"-d --rm=false":          {Wishes: state.Wishes{Detached: true, Keep: true}},
		"-d --rm":                {Wishes: state.Wishes{Detached: true}},
		"-di":                    {Wishes: state.Wishes{Detached: true, Keep: true, Stdin: true}},
		"--timeout 1":            {Timeout: time.Second},
		"--timeout 2147483648":   {Timeout: 2147483648 * time.Second},
		"--stop-signal int":      {Wishes: state.Wishes{StopSignal: int(unix.SIGINT)}},
		"--stop-signal SIGRTMIN": {Wishes: state.Wishes{StopSignal: 34}},
		"--stop-signal 9":        {Wishes: state.Wishes{StopSignal: 9}},
		"--timeout 0":            {},
		"--stop-timeout 0":       {Wishes: state.Wishes{StopTimeout: n(0)}},
		"--stop-timeout=-1":      {Wishes: state.Wishes{StopTimeout: n(-1)}},
		"-d --stop-timeout 600":  {Wishes: state.Wishes{Detached: true, Keep: true, StopTimeout: n(600)}},
		"--cidfile a":            {CIDFile: "a"},
		"--pidfile b":            {PIDFile: "b"},
	} {
		got, err := lifeOf(t, line)
		if want.Wishes.Detached {
			want.Detach = &container.Detach{Front: os.Stdin, Logs: logDirs(), Log: logfile.Options{MaxSize: 20 << 20, MaxFiles: 5}}
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, %v, want %+v", line, got, err, want)
		}
	}
}

func TestWhereTheOutputIsKept(t *testing.T) {
	for line, want := range map[string]container.Detach{
		"-d --log-driver none":                               {Log: logfile.Options{MaxSize: 20 << 20, MaxFiles: 5}},
		"-d --log-driver k8s-file":                           {Logs: logDirs(), Log: logfile.Options{MaxSize: 20 << 20, MaxFiles: 5}},
		"-d --log-driver json-file --log-opt max-size=1m":    {Logs: logDirs(), Log: logfile.Options{MaxSize: 1 << 20, MaxFiles: 5}},
		"-d --log-driver local --log-opt max-file=2":         {Logs: logDirs(), Log: logfile.Options{MaxSize: 20 << 20, MaxFiles: 2}},
		"-d --log-opt max-size=-1 --log-opt max-size=4k":     {Logs: logDirs(), Log: logfile.Options{MaxSize: 4 << 10, MaxFiles: 5}},
		"-d --log-opt=max-size=-1 --log-opt max-file=1 --rm": {Logs: logDirs(), Log: logfile.Options{MaxFiles: 1}},
	} {
		got, err := lifeOf(t, line)
		want.Front = os.Stdin
		if err != nil || !reflect.DeepEqual(got.Detach, &want) {
			t.Errorf("%q: got %+v, %v, want %+v", line, got.Detach, err, want)
		}
	}
}

func TestWrongFlagsOfAContainersLifeAreRefused(t *testing.T) {
	for line, want := range map[string]string{
		"--timeout=-1":                               `--timeout "-1": write a number of seconds, 0 or more`,
		"--timeout 1.5":                              `--timeout "1.5": write a number of seconds, 0 or more`,
		"--timeout 10s":                              `--timeout "10s": write a number of seconds, 0 or more`,
		"--timeout 2147483649":                       `--timeout "2147483649": write a number of seconds, 0 or more`,
		"--timeout 99999999999999999999":             `--timeout "99999999999999999999": write a number of seconds, 0 or more`,
		"--stop-timeout=-2":                          `--stop-timeout "-2": write a number of seconds, -1 or more`,
		"-d --stop-timeout soon":                     `--stop-timeout "soon": write a number of seconds, -1 or more`,
		"--stop-signal NONE":                         `--stop-signal "NONE": there is no such signal; write a name such as TERM, or a number (kill -l lists them)`,
		"--stop-signal 0":                            `--stop-signal "0": there is no such signal`,
		"--stop-signal 65":                           `--stop-signal "65": there is no such signal`,
		"--rm=false":                                 `--rm=false: nothing is kept of a container in the foreground; `,
		"--log-driver none":                          `--log-driver and --log-opt are for a container in the background (--detach); `,
		"--log-opt max-size=1m":                      `--log-driver and --log-opt are for a container in the background (--detach); `,
		"-d --log-driver journald":                   `--log-driver "journald": there is k8s-file (the default), whose lines urun logs shows, and none`,
		"-d --log-opt path=/x":                       `--log-opt path=/x: there is max-size and max-file`,
		"-d --log-opt max-size=1":                    `--log-opt max-size=1: the least is 4k`,
		"-d --log-opt max-file=0":                    `--log-opt max-file=0: write a number from 1 to `,
		"-d --log-driver none --log-opt max-size=1m": `--log-opt: with --log-driver none there is no log; leave one of them out`,
	} {
		if _, err := lifeOf(t, line); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: got %v, want %s", line, err, want)
		}
	}
}

func TestWhereLogsMayBe(t *testing.T) {
	last := os.TempDir() + "/urun-logs-" + strconv.Itoa(os.Getuid())
	for _, tt := range []struct{ state, home, want string }{
		{"/s", "/h", "/s/urun /h/.local/state/urun " + last},
		{"", "/h", "/h/.local/state/urun " + last},
		{"relative", "/h", "/h/.local/state/urun " + last},
		{"/s", "", "/s/urun " + last},
		{"", "relative", last},
	} {
		t.Setenv("XDG_STATE_HOME", tt.state)
		t.Setenv("HOME", tt.home)
		if got := strings.Join(logDirs(), " "); got != tt.want {
			t.Errorf("%+v: got %s", tt, got)
		}
	}
}
