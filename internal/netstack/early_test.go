package netstack

import (
	"net/netip"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// Keeps away: a question that came after the gateway had its address and before it had its name server was refused.
func TestWhatComesBeforeTheStackIsReadyWaits(t *testing.T) {
	r := reach{subnet: netip.MustParsePrefix("10.0.2.0/24")}
	w, n := unready(t, r)
	w.send(t, header.ARPProtocolNumber, question(r))
	if frame := w.next(300 * time.Millisecond); frame != nil {
		t.Errorf("answered at once: %x", frame)
	}
	close(n.gate.open)
	if w.next(patience) == nil {
		t.Error("never answered")
	}
}
