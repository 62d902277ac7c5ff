package ladder

import "testing"

func BenchmarkClimb(b *testing.B) {
	h, w := laptop(), Plain()
	for b.Loop() {
		Climb(h, w)
	}
}
