package registry

import (
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/image"
)

func (u *user) config(t *testing.T) *Config {
	t.Helper()
	c, err := readConfig(u.Environ, u.etc)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func resolved(t *testing.T, c *Config, short string) string {
	t.Helper()
	list, err := c.Resolve(short)
	if err != nil {
		return err.Error()
	}
	var words []string
	for _, n := range list {
		words = append(words, n.String())
	}
	return strings.Join(words, " ")
}

func TestShortNames(t *testing.T) {
	u := newUser(t, "docker.io/a/b:1")
	c := u.config(t)
	digest := "sha256:" + strings.Repeat("a", 64)
	for short, want := range map[string]string{
		"alpine": "docker.io/library/alpine:latest", "a/b:2": "docker.io/a/b:2", "alpine@" + digest: "docker.io/library/alpine@" + digest,
	} {
		if got := resolved(t, c, short); got != want {
			t.Errorf("%s: %s", short, got)
		}
	}
	u.write(t, "etc/containers/registries.conf", "unqualified-search-registries = ['one.io', 'docker.io', 'localhost:5000']\n[aliases]\n'alpine' = 'two.io/x/alpine'\n'a/b' = 'three.io/c'\n'gone' = 'four.io/gone'\n")
	u.write(t, "etc/containers/registries.conf.d/1.conf", "[aliases]\ngone = ''\n'a/b' = 'five.io/c'\n")
	c = u.config(t)
	for short, want := range map[string]string{
		"alpine": "two.io/x/alpine:latest", "alpine:3": "two.io/x/alpine:3", "alpine@" + digest: "two.io/x/alpine@" + digest, "a/b:1": "five.io/c:1",
		"gone": "one.io/gone:latest docker.io/library/gone:latest localhost:5000/gone:latest", "A": `"A" is no name`,
	} {
		if got := resolved(t, c, short); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", short, got)
		}
	}
	u.write(t, ".config/containers/registries.conf.d/1.conf", "short-name-mode = 'enforcing'")
	if got, want := resolved(t, u.config(t), "busybox:1"), "busybox:1 may be any of one.io/busybox:1, docker.io/busybox:1, localhost:5000/busybox:1 (short-name-mode is enforcing"; !strings.HasPrefix(got, want) {
		t.Error(got)
	}
	if got := resolved(t, u.config(t), "alpine"); got != "two.io/x/alpine:latest" {
		t.Error(got)
	}
	u.write(t, ".config/containers/registries.conf.d/2.conf", "unqualified-search-registries = []")
	if got, want := resolved(t, u.config(t), "busybox"), "busybox names no registry, and registries.conf has none to search: write the whole name"; !strings.HasPrefix(got, want) {
		t.Error(got)
	}
}

// Which files count, and which of them more.
func TestFilesOfConfiguration(t *testing.T) {
	u := newUser(t, "docker.io/a/b:1")
	search := func(host string) string { return "unqualified-search-registries = ['" + host + "']\n" }
	for _, step := range []struct{ path, host string }{
		{"etc/containers/registries.conf", "1.io"}, {".config/containers/registries.conf", "2.io"}, {"etc/containers/registries.conf.d/9.conf", "3.io"},
		{".config/containers/registries.conf.d/1.conf", "4.io"}, {".config/containers/registries.conf.d/2.conf", "5.io"},
	} {
		u.write(t, step.path, search(step.host))
		if got := resolved(t, u.config(t), "x"); got != step.host+"/x:latest" {
			t.Errorf("with %s: %s", step.path, got)
		}
	}
	u.write(t, ".config/containers/registries.conf.d/3.conf.bak", search("6.io"))
	if got := resolved(t, u.config(t), "x"); got != "5.io/x:latest" {
		t.Error(got)
	}
	elsewhere := newUser(t, "docker.io/a/b:1")
	elsewhere.write(t, "etc/containers/registries.conf", search("1.io"))
	elsewhere.write(t, "xdg/containers/registries.conf", search("7.io"))
	elsewhere.Environ["XDG_CONFIG_HOME"] = elsewhere.home + "/xdg"
	if got := resolved(t, elsewhere.config(t), "x"); got != "7.io/x:latest" {
		t.Error(got)
	}
	elsewhere.Environ["CONTAINERS_REGISTRIES_CONF"] = elsewhere.write(t, "own.conf", search("8.io"))
	if got := resolved(t, elsewhere.config(t), "x"); got != "8.io/x:latest" {
		t.Error(got)
	}
	elsewhere.Environ["CONTAINERS_REGISTRIES_CONF"] = elsewhere.home + "/absent"
	_, err := Open(t.Context(), elsewhere.Options)
	has(t, err, "read the configuration of registries: open "+elsewhere.home+"/absent")
}

const mirrored = `
credential-helpers = ["x"] # of other programs
[[registry]]
prefix = "docker.io"
location = "docker.io"
  [[registry.mirror]]
  location = "mirror.io:5000/hub"
  insecure = true
  [[registry.mirror]]
  location = "second.io"
  pull-from-mirror = "digest-only"
[[registry]]
location = "docker.io/secret"
blocked = true
[[registry]]
prefix = "moved.io/old"
location = "new.io"
insecure = true
[[registry]]
prefix = "moved.io/old/one"
[[registry.mirror]]
location = "tags.io/one"
pull-from-mirror = "tag-only"
[[registry]]
prefix = "*.wild.io"
insecure = true
[[registry]]
prefix = "*.near.wild.io"
location = "near.io/all"
mirror-by-digest-only = true
[[registry.mirror]]
location = "m.io"
[future]
key = 1
`

func TestWhereAnImageIsLookedFor(t *testing.T) {
	u := newUser(t, "docker.io/a/b:1")
	u.write(t, ".config/containers/registries.conf", mirrored)
	c := u.config(t)
	digest := image.Digest("sha256:" + strings.Repeat("b", 64))
	for name, want := range map[string]string{
		"docker.io/a/b:1":                    "mirror.io:5000/hub/a/b?1 insecure mirror, docker.io/a/b?1",
		"docker.io/a/b@" + string(digest):    "mirror.io:5000/hub/a/b?D insecure mirror, second.io/a/b?D mirror, docker.io/a/b?D",
		"docker.io/secret/x:1":               "docker.io/secret/x:1 is blocked: registries.conf says so of docker.io/secret",
		"docker.io/secrets/x:1":              "mirror.io:5000/hub/secrets/x?1 insecure mirror, docker.io/secrets/x?1",
		"moved.io/old/x:1":                   "new.io/x?1 insecure",
		"moved.io/older/x:1":                 "moved.io/older/x?1",
		"moved.io/old/one:1":                 "tags.io/one?1 mirror, moved.io/old/one?1",
		"moved.io/old/one@" + string(digest): "moved.io/old/one?D",
		"moved.io:5000/old/x:1":              "moved.io:5000/old/x?1",
		"x.wild.io/a:1":                      "x.wild.io/a?1 insecure",
		"wild.io/a:1":                        "wild.io/a?1",
		"x.near.wild.io/a:1":                 "near.io/all/a?1",
		"x.near.wild.io/a@" + string(digest): "m.io/a?D mirror, near.io/all/a?D",
		"xwild.io/a:1":                       "xwild.io/a?1",
		"moved.io/old:1":                     "registries.conf makes new.io:1 of moved.io/old:1, which is no name",
	} {
		places, err := c.pull(parse(t, name))
		var words []string
		for _, p := range places {
			w := p.String() + "?" + strings.ReplaceAll(p.ref(), string(digest), "D")
			if p.Insecure {
				w += " insecure"
			}
			if p.Mirror {
				w += " mirror"
			}
			words = append(words, w)
		}
		got := strings.Join(words, ", ")
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
	if p, err := c.push(parse(t, "moved.io/old/x:1")); err != nil || p.String() != "moved.io/old/x" || !p.Insecure {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := c.push(parse(t, "docker.io/secret/x:1")); err == nil {
		t.Error("what is blocked may be pushed")
	}
}

func TestConfigurationThatIsNotRight(t *testing.T) {
	for text, want := range map[string]string{
		"x = ":                                  "f:1: ",
		"\n\nunqualified-search-registries = 1": "f:3: ",
		"[[registry]]\ninsecure = \"yes\"\nlocation = 'x.io'":                                              "f:2: ",
		"\nunqualified-search-registries = ['https://x.io']":                                               `f:2: "https://x.io" in unqualified-search-registries is no host`,
		"unqualified-search-registries = ['myhost']":                                                       `f:1: "myhost" in`,
		"\nshort-name-mode = 'strict'":                                                                     `f:2: short-name-mode is "strict", and may be`,
		"[aliases]\na = 'x.io/a'\nb = 'b'":                                                                 `f:3: the alias of "b" is "b", and has to be`,
		"[aliases]\na = 'x.io/a:1'":                                                                        `f:2: the alias of "a" is`,
		"[[registry]]\nlocation = 'x.io'\n\n[[registry]]\ninsecure = true":                                 "f:4: a [[registry]] needs a location or a prefix",
		"[[registry]]\nlocation = 'http://x.io'":                                                           `f:1: the location "http://x.io": write x.io without http://; plain HTTP is "insecure = true"`,
		"[[registry]]\nprefix = 'x.*.io'\nlocation = 'x.io'":                                               `f:1: the prefix "x.*.io": a * stands at the beginning of a host only`,
		"[[registry]]\nprefix = '*.x.io/a'\nlocation = 'x.io'":                                             "f:1: the prefix",
		"\n[[registry]]\nlocation = 'x.io'\n[[registry.mirror]]\nlocation = ''":                            "f:2: a mirror of x.io: ",
		"[[registry]]\nlocation = 'x.io'\n[[registry.mirror]]\nlocation = 'y.io'\npull-from-mirror = 'no'": `f:1: the mirror y.io: pull-from-mirror is "no"`,
		"[[registry]]\nlocation = 'x.io'\nmirror-by-digest-only=true\n[[registry.mirror]]\nlocation = 'y.io'\npull-from-mirror = 'all'": "f:1: the mirror y.io: with mirror-by-digest-only",
	} {
		c := &Config{aliases: map[string]string{}}
		if err := c.add("f", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q:\ngot  %v\nwant %s", text, err, want)
		}
	}
}
