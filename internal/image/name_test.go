package image

import (
	"strings"
	"testing"
)

const someDigest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestNamesAreCompletedAsDockerDoes(t *testing.T) {
	for _, c := range []struct {
		word, full, familiar string
		short                bool
	}{
		{"alpine", "docker.io/library/alpine:latest", "alpine:latest", true},
		{"alpine:3.20", "docker.io/library/alpine:3.20", "alpine:3.20", true},
		{"library/alpine", "docker.io/library/alpine:latest", "alpine:latest", true},
		{"user/tool:v1", "docker.io/user/tool:v1", "user/tool:v1", true},
		{"docker.io/alpine", "docker.io/library/alpine:latest", "alpine:latest", false},
		{"index.docker.io/alpine", "docker.io/library/alpine:latest", "alpine:latest", false},
		{"index.docker.io/a/b/c:1", "docker.io/a/b/c:1", "a/b/c:1", false},
		{"quay.io/podman/hello", "quay.io/podman/hello:latest", "quay.io/podman/hello:latest", false},
		{"Quay.IO/podman/hello", "quay.io/podman/hello:latest", "quay.io/podman/hello:latest", false},
		{"quay.io/alpine", "quay.io/alpine:latest", "quay.io/alpine:latest", false},
		{"localhost/x", "localhost/x:latest", "localhost/x:latest", false},
		{"localhost:5000/x:y", "localhost:5000/x:y", "localhost:5000/x:y", false},
		{"registry:5000/x", "registry:5000/x:latest", "registry:5000/x:latest", false},
		{"[2001:db8::1]:5000/x", "[2001:db8::1]:5000/x:latest", "[2001:db8::1]:5000/x:latest", false},
		{"[::1]/x", "[::1]/x:latest", "[::1]/x:latest", false},
		{"alpine@" + someDigest, "docker.io/library/alpine@" + someDigest, "alpine@" + someDigest, true},
		{"alpine:3@" + someDigest, "docker.io/library/alpine@" + someDigest, "alpine@" + someDigest, true},
		{"x.y/a.b-c__d---e/f_1:_X.y-z", "x.y/a.b-c__d---e/f_1:_X.y-z", "x.y/a.b-c__d---e/f_1:_X.y-z", false},
		{"docker.io/" + strings.Repeat("x", 247), "docker.io/library/" + strings.Repeat("x", 247) + ":latest", strings.Repeat("x", 247) + ":latest", false},
	} {
		n, short, err := ParseName(c.word)
		if err != nil || n.String() != c.full || short != c.short || n.Familiar() != c.familiar {
			t.Errorf("%s: %s, %s, short %v, %v", c.word, n, n.Familiar(), short, err)
		}
		for _, again := range []string{n.String(), n.Familiar()} {
			if m, _, err := ParseName(again); m != n {
				t.Errorf("%s is read as %s: %v", again, m, err)
			}
		}
	}
}

func TestWhatIsNoNameIsSaid(t *testing.T) {
	for word, says := range map[string]string{
		"Alpine":                                "lower case: library/alpine",
		"user/Tool:V1":                          "lower case: user/tool",
		"Foo/bar":                               "lower case: foo/bar",
		"quay.io/Foo":                           "lower case: foo",
		"":                                      "made of lower-case",
		"a//b":                                  "made of lower-case",
		"quay.io/":                              "made of lower-case",
		"/alpine":                               "made of lower-case",
		"a..b":                                  "made of lower-case",
		"a___b":                                 "made of lower-case",
		"a._b":                                  "made of lower-case",
		"-a":                                    "made of lower-case",
		"a-":                                    "made of lower-case",
		"a b":                                   "made of lower-case",
		"a\x00b":                                "made of lower-case",
		"quay.io/../../etc":                     "made of lower-case",
		"é":                                     "made of lower-case",
		strings.Repeat("x", 256):                "255",
		"alpine:":                               "behind the colon",
		"alpine:.x":                             "begins with",
		"alpine:-x":                             "begins with",
		"alpine:a+b":                            "a tag is made of",
		"alpine:" + strings.Repeat("x", 129):    "128",
		"alpine@sha256:0":                       "64 hexadecimal",
		"alpine@sha512:0":                       "64 hexadecimal",
		"alpine@" + strings.ToUpper(someDigest): "64 hexadecimal",
		"alpine@" + someDigest + "@":            "64 hexadecimal",
		"host:port/x":                           "port",
		"host:0/x":                              "port",
		"host:65536/x":                          "port",
		"host:/x":                               "port",
		":5000/x":                               "host",
		".x/x":                                  "host",
		"a_b.c/x":                               "host",
		"-a.b/x":                                "host",
		"[::1/x":                                "IPv6",
		"[1.2.3.4]/x":                           "IPv6",
		"[fe80::1%25eth0]/x":                    "IPv6",
		"https://quay.io/x":                     "without https://",
		"docker://alpine":                       "without docker://",
		someDigest:                              "it is an id",
		someDigest[7:]:                          "it is an id",
	} {
		n, _, err := ParseName(word)
		if err == nil || !strings.Contains(err.Error(), says) || n != (Name{}) {
			t.Errorf("%q: %v, %v", word, n, err)
		}
	}
}
