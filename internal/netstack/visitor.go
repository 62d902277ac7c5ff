package netstack

import (
	"bytes"
	"sync"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/checksum"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/ports"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
)

// visitor is what goes between a client of a published port and the container. It is an endpoint of the stack's for that
// client's address and port and nothing else. gvisor's own one would, between its bind and its connect, take what the container
// sends to the client from any port; and it has queues, of which this one needs none.
type visitor struct {
	life
	port   *datagramPort
	sender sender
	id     stack.TransportEndpointID

	mu    sync.Mutex // held while it comes and while it goes
	route *stack.Route
	gone  bool
}

var _ stack.TransportEndpoint = (*visitor)(nil)

// settle takes the client's own address and port, or one of the gateway's where the container has a flow to just there. It is
// false when there is no way to the container.
func (v *visitor) settle() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.gone {
		return false
	}
	n, client := v.port.net, v.sender.client
	inside, itself := n.reach.seen(client.Addr())
	v.id = stack.TransportEndpointID{
		LocalAddress: address(client.Addr()), LocalPort: client.Port(), RemoteAddress: address(inside), RemotePort: v.port.inside,
	}
	if !itself || v.register() != nil {
		v.id.LocalAddress = address(n.reach.gatewayOf(inside))
		_, err := n.PickEphemeralPort(n.SecureRNG(), func(p uint16) (bool, tcpip.Error) {
			v.id.LocalPort = p
			err := v.register()
			if _, taken := err.(*tcpip.ErrPortInUse); taken {
				return false, nil
			}
			return err == nil, err
		})
		if err != nil {
			return false
		}
	}
	route, err := n.FindRoute(nic, v.id.LocalAddress, v.id.RemoteAddress, v.protocols()[0], false)
	if err != nil {
		v.unregister()
		return false
	}
	v.route = route
	v.port.remember(v)
	return true
}

func (v *visitor) protocols() []tcpip.NetworkProtocolNumber {
	return []tcpip.NetworkProtocolNumber{protocol(addr(v.id.LocalAddress))}
}

func (v *visitor) register() tcpip.Error {
	return v.port.net.RegisterTransportEndpoint(v.protocols(), udp.ProtocolNumber, v.id, v, ports.Flags{}, 0)
}

func (v *visitor) unregister() {
	v.port.net.UnregisterTransportEndpoint(v.protocols(), udp.ProtocolNumber, v.id, v, ports.Flags{}, 0)
}

// leave may be called again. The client's next datagram is another visit.
func (v *visitor) leave() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.route != nil && !v.gone {
		v.port.forget(v)
		v.unregister()
		v.route.Release()
	}
	v.gone = true
	v.over()
}

// inward is one datagram of the client's.
func (v *visitor) inward(b []byte) {
	pkt := stack.NewPacketBuffer(stack.PacketBufferOptions{
		ReserveHeaderBytes: header.UDPMinimumSize + int(v.route.MaxHeaderLength()), Payload: buffer.MakeWithData(b),
	})
	defer pkt.DecRef()
	pkt.TransportProtocolNumber = udp.ProtocolNumber
	length := uint16(header.UDPMinimumSize + len(b))
	h := header.UDP(pkt.TransportHeader().Push(header.UDPMinimumSize))
	h.Encode(&header.UDPFields{SrcPort: v.id.LocalPort, DstPort: v.id.RemotePort, Length: length})
	sum := checksum.Combine(v.route.PseudoHeaderChecksum(udp.ProtocolNumber, length), pkt.Data().Checksum())
	sum = ^h.CalculateChecksum(sum)
	if sum == 0 {
		sum = 0xffff // RFC 768: zero would say that there is none
	}
	h.SetChecksum(sum)
	_ = v.route.WritePacket(stack.NetworkHeaderParams{Protocol: udp.ProtocolNumber, TTL: v.route.DefaultTTL()}, pkt)
}

// HandlePacket gets each datagram that the container sends back.
func (v *visitor) HandlePacket(_ stack.TransportEndpointID, pkt *stack.PacketBuffer) {
	size := int(header.UDP(pkt.TransportHeader().Slice()).Length()) - header.UDPMinimumSize
	if size < 0 || size > pkt.Data().Size() {
		return
	}
	b := buffers().Get().(*[]byte)
	defer buffers().Put(b)
	datagram := bytes.NewBuffer((*b)[:0])
	if _, err := pkt.Data().ReadTo(datagram, true); err != nil {
		return
	}
	v.heard()
	v.port.send(datagram.Bytes()[:size], v.sender)
}

// HandleError has nothing to tell: the host's socket is not that client's alone.
func (v *visitor) HandleError(stack.TransportError, *stack.PacketBuffer) {}

// Abort is for a stack that ends.
func (v *visitor) Abort() { v.leave() }

// Wait has nothing to wait for.
func (v *visitor) Wait() {}
