package ladder

import "github.com/urun-project/urun/userns"

// ids chooses the id maps.
func (s *Standing) ids(h Host, w Wish) {
	if w.Given != nil {
		s.IDs = *w.Given
		return
	}
	c, err := userns.Choose(w.IDs, h.IDs)
	if err != nil {
		s.fail(err)
		return
	}
	if h.Helper != nil {
		one, ok := userns.Fallback(c, h.Helper)
		if !ok {
			s.fail(h.Helper)
			return
		}
		c = one
	}
	if s.IDs = c; w.Shared {
		return
	}
	for _, l := range c.Lost {
		s.lose(idLoss(l))
	}
	if h.Mapped != nil {
		for _, l := range c.Lost { // what was tried before
			s.Attempts = append(s.Attempts, idLoss(l))
		}
		l := Loss{IDs, "the kernel takes no map of ids", oneLine(h.Mapped), "", "", ""}
		if h.Guards.Restricted() {
			l.Cause, l.Fix, l.Who = l.Cause+": "+powerless().Cause, powerless().Fix, Administrator
		}
		s.Attempts = append(s.Attempts, l)
	}
}

// idLoss is what userns says, in the words of this package.
func idLoss(l userns.Loss) Loss {
	return Loss{IDs, l.What, l.Why, l.Fix, whoIs(l.Who), ""}
}

// whoIs is whom userns means.
func whoIs(who string) Who {
	for _, w := range []Who{Administrator, Starter} {
		if w.String() == who {
			return w
		}
	}
	if who == "" {
		return ""
	}
	return You
}
