package image

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
)

// A start pays for this: a name that is found takes two small files, a short one three.
func BenchmarkFind(b *testing.B) {
	s := newStore(b)
	for i := range 100 {
		put(b, s, made("other"+strconv.Itoa(i), "base"), fmt.Sprintf("docker.io/library/other%d:latest", i))
	}
	for _, n := range []int{1, 12, 100} {
		var layers []string
		for i := range n {
			layers = append(layers, strconv.Itoa(i))
		}
		r := made("layers"+strconv.Itoa(n), layers...)
		r.Config.Labels = map[string]string{"org.opencontainers.image.title": "x", "org.opencontainers.image.version": "1"}
		put(b, s, r, fmt.Sprintf("docker.io/library/layers%d:latest", n))
		for _, word := range []string{fmt.Sprintf("layers%d", n), fmt.Sprintf("docker.io/library/layers%d:latest", n), r.ID[:12]} {
			b.Run(fmt.Sprintf("%d layers/%s", n, word), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, _, err := s.Find(word); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
	_, r, err := s.Find("layers12")
	must(b, err)
	b.Run("use and missing", func(b *testing.B) {
		for b.Loop() {
			use, err := s.Use(r)
			must(b, err)
			if s.Missing(r, owners()) != nil {
				b.Fatal("missing")
			}
			use.Close()
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	r := made("x")
	for i := range 100 {
		r.Layers = append(r.Layers, made("y", strconv.Itoa(i)).Layers...)
	}
	text, err := json.Marshal(r)
	must(b, err)
	b.Run("here", func(b *testing.B) {
		for b.Loop() {
			_, err := decodeRecord(string(text))
			must(b, err)
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		for b.Loop() {
			must(b, json.Unmarshal(text, &r))
		}
	})
}
