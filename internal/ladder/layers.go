package ladder

import "github.com/urun-project/urun/internal/landlock"

// layers tells whether the kernel has Landlock for a container that gets a layer of it.
func (s *Standing) layers(h Host, w Wish) {
	if !w.Landlock {
		return
	}
	if r := landlock.Decide(landlock.Wish{}, h.Landlock); r.Handled == 0 {
		s.lose(Loss{Landlock, "no second layer (Landlock) beneath the mounts that hide and protect", r.Without, "", "", "the mounts hold all the same"})
	}
}
