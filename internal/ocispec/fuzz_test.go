package ocispec

import (
	"path"
	"strings"
	"testing"
)

// FuzzMounts holds what becomes of a mount flag to what everything behind it relies on.
func FuzzMounts(f *testing.F) {
	for _, value := range []string{"/a", "/a:/b", "./a:/b:ro,Z", "a", "/a:ro", "/a:/..", ":", "::", "/a:/b:", "type=bind,src=/a,dst=/b", `type=tmpfs,"dst=/b",size=1m`,
		`"`, `""`, `"",`, "type=devpts,dst=/c,gid=5", "/tmp:size=1m,mode=1777", "/dev/fuse:/dev/fuse:rwm", "/a\x00:/b", "\x00", "/tmp:size=%", "/t:mode=", "type=bind,src=x,dst=/b/../.."} {
		f.Add(value)
	}
	b := &build{in: here(), extra: &Extra{}}
	f.Fuzz(func(t *testing.T, value string) {
		for name, parse := range map[string]func(*build, string) (string, string, error){
			"volume": func(b *build, s string) (string, string, error) {
				m, err := b.volume(s)
				return m.Source, m.Destination, err
			},
			"mount": func(b *build, s string) (string, string, error) {
				m, err := b.mount(s)
				return m.Source, m.Destination, err
			},
			"tmpfs": func(b *build, s string) (string, string, error) {
				m, err := b.tmpfs(s)
				return "/", m.Destination, err
			},
			"device": func(b *build, s string) (string, string, error) {
				m, err := b.device(s)
				return m.Source, m.Destination, err
			},
		} {
			src, dst, err := parse(b, value)
			if err != nil {
				if strings.ContainsAny(err.Error(), "\n\x1b\x00") {
					t.Errorf("%s %q: %q is not one plain line", name, value, err)
				}
				continue
			}
			if dst == "/" || !strings.HasPrefix(dst, "/") || path.Clean(dst) != dst {
				t.Errorf("%s %q: destination %q", name, value, dst)
			}
			if !strings.HasPrefix(src, "/") && src != "tmpfs" && src != "devpts" {
				t.Errorf("%s %q: source %q", name, value, src)
			}
		}
	})
}

// FuzzScalars looks for panics, and for values that come out as something that was not written.
func FuzzScalars(f *testing.F) {
	for _, value := range []string{"", "1", "64m", "\xdf", "1KiB", "9223372036854775807", "8g", "-1", "+1", "nofile=1:2", "core=unlimited", "net.a=1", "kernel.sem=1 2 3 4", "0x1", "1:2", "4294967295"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if bytes, ok := parseSize(value); ok && bytes <= 0 {
			t.Errorf("size %q is %d", value, bytes)
		}
		if limit, why := rlimit(value); why == "" && limit.Soft > limit.Hard {
			t.Errorf("limit %q is %+v", value, limit)
		}
		if uid, gid, ok := numericUser(value); ok && (uid == 1<<32-1 || gid == 1<<32-1) {
			t.Errorf("user %q is %d:%d", value, uid, gid)
		}
		spec, _, err := FromFlags(&Flags{ProcessFlags: ProcessFlags{Sysctl: []string{value}}}, here())
		if err != nil {
			return
		}
		for key := range spec.Linux.Sysctl {
			if p := path.Clean("/proc/sys/" + strings.ReplaceAll(key, ".", "/")); strings.Count(p, "/") != strings.Count(key, ".")+3 || strings.Contains(key, "/") {
				t.Errorf("sysctl %q leads to %s", value, p)
			}
		}
	})
}
