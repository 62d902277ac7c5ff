package netstack

import (
	"container/list"
	"sync"
	"time"
)

const (
	maxFlows = 2048             // each of the container's is a socket of the host's; another one ends the one that was silent longest
	flowIdle = 90 * time.Second // without a datagram in either direction
)

// flows are those there are, the one that was heard of last in front.
type flows struct {
	mu sync.Mutex
	list.List
}

// life is that of one flow.
type life struct {
	in    *flows
	place *list.Element
	idle  *time.Timer
	end   func()
}

// begin ends another flow when there are too many: whoever asks a name server from a new port each time would otherwise get no
// answer until the old ones have timed out. The end may come at any time from then on, and more than once.
func (l *life) begin(in *flows, end func()) {
	l.in, l.end, l.idle = in, end, time.AfterFunc(flowIdle, end)
	in.mu.Lock()
	l.place = in.PushFront(l)
	var oldest *life
	if in.Len() > maxFlows {
		oldest = in.Remove(in.Back()).(*life)
	}
	in.mu.Unlock()
	if oldest != nil {
		oldest.end()
	}
}

// heard is for each datagram. It does nothing in the list to a flow that is not there any more; neither does over.
func (l *life) heard() {
	l.idle.Reset(flowIdle)
	l.in.mu.Lock()
	defer l.in.mu.Unlock()
	l.in.MoveToFront(l.place)
}

func (l *life) over() {
	l.idle.Stop()
	l.in.mu.Lock()
	defer l.in.mu.Unlock()
	l.in.Remove(l.place)
}
