package image

import (
	"errors"
	"runtime"
	"slices"
	"strings"
)

// Platform is what an image is for, as an index says it.
type Platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant,omitempty"`
}

// ParsePlatform reads OS/ARCH or OS/ARCH/VARIANT. Nothing is this machine's.
func ParsePlatform(s string) (Platform, error) {
	if s == "" {
		return Platform{OS: "linux", Architecture: runtime.GOARCH}, nil
	}
	p := strings.Split(s, "/")
	if len(p) < 2 || len(p) > 3 || slices.Contains(p, "") {
		return Platform{}, errors.New("a platform is written OS/ARCH or OS/ARCH/VARIANT, such as linux/arm64")
	}
	return Platform{p[0], p[1], strings.Join(p[2:], "")}, nil
}

func (p Platform) String() string {
	if p.Variant == "" {
		return p.OS + "/" + p.Architecture
	}
	return p.OS + "/" + p.Architecture + "/" + p.Variant
}

// Fits says how well an image for p runs where want is asked for: 0 not at all, and the more the better.
func (p Platform) Fits(want Platform) int {
	if p.OS != want.OS || p.Architecture != want.Architecture {
		return 0
	}
	order := []string{want.Variant, ""}
	all, usual := variants(want.Architecture)
	if want.Variant == "" {
		want.Variant = usual
	}
	if at := slices.Index(all, want.Variant); at >= 0 {
		order = all[at:]
	}
	at := slices.Index(order, p.Variant)
	if at < 0 {
		return 0
	}
	return len(order) - at
}

// For tells whether the image is for a platform: a variant counts where it was named, and none is any.
func (r Record) For(platform string) bool {
	return platform == "" || r.Platform == platform || strings.HasPrefix(r.Platform, platform+"/")
}

// variants are those of an architecture that run on the first of them, the best first; and the usual one where none is named,
// which every machine of that architecture runs.
func variants(architecture string) (all []string, usual string) {
	switch architecture {
	case "arm64":
		return []string{"v9", "v8", ""}, "v8"
	case "arm":
		return []string{"v8", "v7", "v6", "v5", ""}, "v7"
	case "amd64":
		return []string{"v4", "v3", "v2", "v1", ""}, "v1"
	}
	return nil, ""
}
