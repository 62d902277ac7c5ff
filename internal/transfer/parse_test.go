package transfer

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/urun-project/urun/internal/image"
)

const (
	digestA = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	digestB = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

func TestWhatIsNoManifestOfAnImage(t *testing.T) {
	config := `"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"` + digestA + `","size":3}`
	layer := `{"digest":"` + digestB + `","size":5}`
	for raw, says := range map[string]string{
		`{"schemaVersion":2,` + config + `,"layers":[` + layer + `]}`: "",
		`{"schemaVersion":2,` + config + `}`:                          "",
		`{`:                                                           "unexpected end", `[]`: "cannot unmarshal", `{}`: "schema version 0",
		`{"schemaVersion":1,` + config + `}`:                                                                         "schema version 1",
		`{"schemaVersion":2,"manifests":[]}`:                                                                         "not that of an image",
		`{"schemaVersion":2,` + config + `,"manifests":[]}`:                                                          "not that of an image",
		`{"schemaVersion":2,"layers":[]}`:                                                                            "not that of an image",
		`{"schemaVersion":2,` + strings.Replace(config, "vnd.oci.image", "vnd.cncf.helm", 1) + `}`:                   "no image of a container",
		`{"schemaVersion":2,` + strings.Replace(config, digestA, "../../x", 1) + `}`:                                 `the configuration: "../../x"`,
		`{"schemaVersion":2,` + strings.Replace(config, `"size":3`, `"size":8388609`, 1) + `}`:                       "8388609 bytes",
		`{"schemaVersion":2,` + config + `,"layers":[` + layer + `,{"digest":"sha256:../x"}]}`:                       "layer 2: ",
		`{"schemaVersion":2,` + config + `,"layers":[{"digest":"` + digestB + `","size":-1}]}`:                       "-1 bytes",
		`{"schemaVersion":2,` + config + `,"layers":[` + strings.Repeat(layer+",", mostLayers) + layer + `]}`:        "501 layers",
		`{"schemaVersion":2,` + config + `,"layers":[` + strings.Replace(layer, "sha256:b", "sha256:B", 1) + `]}`:    "lower case",
		`{"schemaVersion":2,` + config + `,"layers":[` + strings.Replace(layer, "sha256:bbb", "sha512:", 1) + `]}`:   "layer 1: ",
		`{"schemaVersion":2,` + config + `,"layers":[` + strings.Replace(layer, `"size":5`, `"size":1e30`, 1) + `]}`: "cannot unmarshal",
	} {
		_, err := parseManifest([]byte(raw))
		if says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%.200s: %v, which is to say %q", raw, err, says)
		}
	}
}

func TestAConfigurationIsReadAsItIs(t *testing.T) {
	raw := `{"os":"linux","architecture":"arm","variant":"v7","created":"2026-01-02T03:04:05Z","rootfs":{"type":"layers","diff_ids":["` + digestA + `","` + digestB + `"]},
		"config":{"User":"u","Env":["A=b"],"Entrypoint":["/e"],"Cmd":["c"],"WorkingDir":"/w","Volumes":{"/z":{},"/a":{}},"ExposedPorts":{"80/tcp":{},"53/udp":{}},
		"Labels":{"l":"v"},"StopSignal":"SIGUSR1","Healthcheck":{"Test":["NONE"],"Interval":5}}}`
	c, err := parseConfig([]byte(raw), 2)
	must(t, err)
	want := configuration{platform: "linux/arm/v7", created: "2026-01-02T03:04:05Z", diffIDs: []image.Digest{digestA, digestB}, config: image.Config{
		User: "u", Env: []string{"A=b"}, Entrypoint: []string{"/e"}, Cmd: []string{"c"}, WorkingDir: "/w", Volumes: []string{"/a", "/z"},
		ExposedPorts: []string{"53/udp", "80/tcp"}, Labels: map[string]string{"l": "v"}, StopSignal: "SIGUSR1", Healthcheck: &image.Healthcheck{Test: []string{"NONE"}, Interval: 5}}}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
	for layers, says := range map[int]string{1: "of 2 layers, and the manifest has 1", 3: "the manifest has 3"} {
		if _, err := parseConfig([]byte(raw), layers); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%d layers: %v", layers, err)
		}
	}
	if _, err := parseConfig([]byte(strings.Replace(raw, digestB, "sha256:x", 1)), 2); err == nil {
		t.Error("a diff id that is none: no error")
	}
}

// The second is sha256 of "DIGEST DIGEST", as `printf '%s %s' A B | sha256sum` says.
func TestChainIDs(t *testing.T) {
	got := chains([]image.Digest{digestA, digestB})
	want := []image.Digest{digestA, "sha256:ccd722928bd92476ba1745586fed6e45a102504185ad88cd89e01ff116fd146c"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestIDsAreFoundThroughTheHosts(t *testing.T) {
	m := func(s string) (maps []specs.LinuxIDMapping) {
		for _, f := range strings.Fields(s) {
			var l specs.LinuxIDMapping
			if _, err := fmt.Sscanf(f, "%d:%d:%d", &l.ContainerID, &l.HostID, &l.Size); err != nil {
				t.Fatal(err)
			}
			maps = append(maps, l)
		}
		return maps
	}
	auto := "0:1000:1 1:100000:65536"
	for _, c := range []struct{ container, here, want string }{
		{auto, auto, "0:0:1 1:1:65536"},
		{"0:100000:1000 1000:1000:1 1001:101000:64536", auto, "0:1:1000 1000:0:1 1001:1001:64536"}, // keep-id
		{"0:100005:10", auto, "0:6:10"},
		{"0:99990:20", auto, "10:1:10"}, // what the caller has not is left out
		{"0:4294967290:5", "0:4294967290:5", "0:0:5"},
		{"0:5:1", auto, ""},
	} {
		if got := through(m(c.container), m(c.here)); !reflect.DeepEqual(got, m(c.want)) {
			t.Errorf("%s in %s: %v, want %s", c.container, c.here, got, c.want)
		}
	}
}
