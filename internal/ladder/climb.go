package ladder

// Climb finds the highest rung on which h lets w stand. It is a pure function.
func Climb(h Host, w Wish) Standing {
	var s Standing
	s.namespaces(h, w)
	s.ids(h, w)
	s.mounts(h, w)
	s.network(h, w)
	s.cgroups(h, w)
	s.layers(h, w)
	return s
}

func (s *Standing) lose(l Loss) {
	for _, have := range s.Lost {
		if have.String() == l.String() {
			return
		}
	}
	s.Lost = append(s.Lost, l)
}

func (s *Standing) fail(err error) {
	if s.Err == nil {
		s.Err = err
	}
}
