package network

import "sync"

// Abort ends the helpers of a start that is given up, so that nobody waits for one
// that does not become ready. The zero value is ready; nil ends nothing.
type Abort struct {
	mu      sync.Mutex
	done    bool
	helpers []*process
}

// Now ends the helpers there are, and those that are still to come.
func (a *Abort) Now() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done = true
	for _, p := range a.helpers {
		p.kill()
	}
}

// add tells of a helper that has been started.
func (a *Abort) add(p *process) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.helpers = append(a.helpers, p)
	if a.done {
		p.kill()
	}
}
