package attach

import "encoding/binary"

// follow does what a client asks, until it goes or sends what makes no sense.
func (h *Hub) follow(g *guest) {
	defer g.conn.Close()
	defer h.forget(g)
	from := frames{from: g.conn}
	for {
		kind, body, err := from.next()
		if err != nil || !h.obey(kind, body) {
			return
		}
	}
}

// obey is false when the frame is none that a client may send.
func (h *Hub) obey(kind byte, body []byte) bool {
	switch {
	case kind == input:
		h.in.Lock()
		defer h.in.Unlock()
		if h.Input != nil && len(body) > 0 {
			_ = h.Input(body) // the container reads no more, and the client still wants its output
		}
	case kind == inputEnd && len(body) == 0:
		h.in.Lock()
		defer h.in.Unlock()
		if h.InputEnd != nil {
			h.InputEnd()
		}
	case kind == window && len(body) == 4:
		if h.Resize != nil {
			h.Resize(binary.LittleEndian.Uint16(body), binary.LittleEndian.Uint16(body[2:]))
		}
	default:
		return false
	}
	return true
}
