package netstack

import (
	"fmt"

	"github.com/miekg/dns"
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

const (
	portDNS    = 53
	maxQueries = 256 // under way; another one over UDP is lost, as a datagram may be
)

// serveDNS has the gateway answer for the host's name servers.
func (n *virtualNetwork) serveDNS(r *resolver) error {
	at := tcpip.FullAddress{NIC: nic, Addr: address(n.reach.gateway()), Port: portDNS}
	datagrams, err := gonet.DialUDP(n.Stack, &at, nil, header.IPv4ProtocolNumber)
	if err != nil {
		return fmt.Errorf("answer DNS: %w", err)
	}
	listener, err := gonet.ListenTCP(n.Stack, at, header.IPv4ProtocolNumber)
	if err != nil {
		return fmt.Errorf("answer DNS: %w", err)
	}
	// Both end with the stack, whose end is told of elsewhere.
	go func() {
		_ = (&dns.Server{PacketConn: datagrams, UDPSize: dns.DefaultMsgSize, Handler: r.handler("udp")}).ActivateAndServe()
	}()
	go func() { _ = (&dns.Server{Listener: listener, Handler: r.handler("tcp")}).ActivateAndServe() }()
	return nil
}

// handler answers over the protocol that the question is passed on with, so that what is too long for UDP is found out by who
// asked.
func (r *resolver) handler(protocol string) dns.Handler {
	places := make(chan struct{}, maxQueries)
	return dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			return
		}
		answer := r.fromHosts(q)
		if answer == nil {
			answer = r.ask(protocol, q)
		}
		answer.Compress = true
		_ = w.WriteMsg(answer) // who asked may be gone
	})
}

// ask passes a question on to the host's name servers, one after the other, until one has an answer. The one that had the last
// one comes first: a dead one costs its time once.
func (r *resolver) ask(protocol string, q *dns.Msg) *dns.Msg {
	c := dns.Client{Net: protocol, Timeout: serverPatience}
	servers := r.servers()
	first := int(r.good.Load())
	var last *dns.Msg
	for i := range servers {
		at := (first + i) % len(servers)
		answer, _, err := c.Exchange(q, servers[at])
		if err != nil {
			continue
		}
		if answer.Rcode != dns.RcodeServerFailure && answer.Rcode != dns.RcodeRefused {
			r.good.Store(int32(at))
			return answer
		}
		last = answer
	}
	if last != nil {
		return last
	}
	return new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
}
