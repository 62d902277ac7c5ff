package netstack

import (
	"net/netip"
	"os"
	"strings"

	"github.com/miekg/dns"
)

// maxHosts is the size from which on a hosts file is not read: somebody's list of a million advertisers.
const maxHosts = 1 << 20

// hosts are the names of a hosts file, as DNS writes them.
type hosts map[string][]netip.Addr

// readHosts leaves out loopback addresses: inside, they are the container's own.
func readHosts(path string) hosts {
	if state, err := os.Stat(path); err != nil || state.Size() > maxHosts {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	return parseHosts(string(data))
}

func parseHosts(text string) hosts {
	all := hosts{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		ip, err := netip.ParseAddr(fields[0])
		if err != nil || ip.IsLoopback() || ip.Zone() != "" {
			continue
		}
		for _, name := range fields[1:] {
			name = dns.CanonicalName(name)
			all[name] = append(all[name], ip.Unmap())
		}
	}
	return all
}

// fromHosts answers for a name of the hosts file, and is nil for any other. A name that has addresses of the other family
// only has none of this one.
func (r *resolver) fromHosts(q *dns.Msg) *dns.Msg {
	if len(q.Question) != 1 || q.Opcode != dns.OpcodeQuery {
		return nil
	}
	asked := q.Question[0]
	if asked.Qclass != dns.ClassINET || asked.Qtype != dns.TypeA && asked.Qtype != dns.TypeAAAA {
		return nil
	}
	ips := r.hostsFile.now()[dns.CanonicalName(asked.Name)]
	if len(ips) == 0 {
		return nil
	}
	answer := new(dns.Msg).SetReply(q)
	answer.RecursionAvailable = true
	for _, ip := range ips {
		h := dns.RR_Header{Name: asked.Name, Rrtype: asked.Qtype, Class: dns.ClassINET}
		switch {
		case ip.Is4() && asked.Qtype == dns.TypeA:
			answer.Answer = append(answer.Answer, &dns.A{Hdr: h, A: ip.AsSlice()})
		case ip.Is6() && asked.Qtype == dns.TypeAAAA:
			answer.Answer = append(answer.Answer, &dns.AAAA{Hdr: h, AAAA: ip.AsSlice()})
		}
	}
	return answer
}
