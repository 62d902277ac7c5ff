package netstack

import (
	"container/list"
	"sync"
)

// flows are those there are, the one that was heard of last in front.
type flows struct {
	mu sync.Mutex
	list.List
}

// add ends another one when there are too many: whoever asks a name server from a new port each time would otherwise get no answer
// until the old ones have timed out.
func (s *flows) add(f *flow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.place = s.PushFront(f)
	if s.Len() > maxFlows {
		s.Remove(s.Back()).(*flow).close()
	}
}

// front and remove do nothing to one that is not there any more.
func (s *flows) front(f *flow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.MoveToFront(f.place)
}

func (s *flows) remove(f *flow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Remove(f.place)
}
