package network

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

const publishHelp = "write [IP:]HOST:CONTAINER[/tcp|udp], such as 8080:80, 127.0.0.1:5353:53/udp or 8000-8009:80-89"

// ParsePublish reads one --publish: [[IP:][HOST]:]CONTAINER[/PROTOCOL], where HOST and
// CONTAINER are ports or ranges of them. A HOST of 0 or none is one that is free.
func ParsePublish(s string) ([]Port, error) {
	rest, proto, err := protocol(s)
	if err != nil {
		return nil, err
	}
	var p Port
	p.Proto = proto
	host, inside, err := p.cut(rest)
	if err != nil {
		return nil, err
	}
	to, err := portRange(inside, false)
	if err != nil {
		return nil, errors.New("the container's port: " + err.Error())
	}
	from := portSpan{count: to.count}
	if host != "" {
		if from, err = portRange(host, true); err != nil {
			return nil, errors.New("the host's port: " + err.Error())
		}
	}
	switch {
	case from.count != to.count && host == "0":
		from.count = to.count
	case from.count != to.count:
		return nil, errors.New("the ranges have " + strconv.Itoa(from.count) + " and " + strconv.Itoa(to.count) + " ports; they must be equally long")
	}
	list := make([]Port, from.count)
	for i := range list {
		list[i] = p
		list[i].ContainerPort = to.first + uint16(i)
		if from.first != 0 {
			list[i].HostPort = from.first + uint16(i)
		}
	}
	return list, nil
}

// cut takes the host's address off and divides the ports.
func (p *Port) cut(s string) (host, inside string, err error) {
	if ip, rest, ok := strings.Cut(s, "]:"); ok && strings.HasPrefix(ip, "[") {
		p.HostIP, err = netip.ParseAddr(ip[1:])
		if err != nil || p.HostIP.Is4() {
			return "", "", errors.New(strconv.Quote(ip[1:]) + " is no IPv6 address; " + publishHelp)
		}
		s = rest
	} else if strings.Count(s, ":") == 2 {
		ip, rest, _ := strings.Cut(s, ":")
		if ip != "" {
			if p.HostIP, err = netip.ParseAddr(ip); err != nil {
				return "", "", errors.New(strconv.Quote(ip) + " is no IP address; write one, such as 127.0.0.1")
			}
		}
		s = rest
	} else if strings.Count(s, ":") > 2 {
		return "", "", errors.New("too many colons; an IPv6 address stands in brackets: [::1]:8080:80")
	}
	if p.HostIP == netip.IPv4Unspecified() {
		p.HostIP = netip.Addr{}
	}
	host, inside, two := strings.Cut(s, ":")
	if !two {
		return "", host, nil
	}
	return host, inside, nil
}

func protocol(s string) (rest, proto string, err error) {
	rest, proto, has := strings.Cut(s, "/")
	switch proto = strings.ToLower(proto); {
	case s == "":
		return "", "", errors.New(publishHelp)
	case !has:
		return rest, "tcp", nil
	case proto == "tcp", proto == "udp":
		return rest, proto, nil
	case strings.Contains(proto, ":"):
		return "", "", errors.New("the protocol comes last: 8080:80/tcp")
	}
	return "", "", errors.New("there is tcp and udp, and no " + strconv.Quote(proto) + "; " + publishHelp)
}

// portSpan is a range of ports; first is 0 for ports that are chosen.
type portSpan struct {
	first uint16
	count int
}

func portRange(s string, zero bool) (portSpan, error) {
	a, b, isRange := strings.Cut(s, "-")
	first, err := portNumber(a)
	if err != nil {
		return portSpan{}, err
	}
	if !isRange {
		if first == 0 && !zero {
			return portSpan{}, errors.New("0 is no port to listen at; write one from 1 to 65535")
		}
		return portSpan{first, 1}, nil
	}
	last, err := portNumber(b)
	switch {
	case err != nil:
		return portSpan{}, err
	case first == 0:
		return portSpan{}, errors.New("a range begins at 1 or above")
	case last < first:
		return portSpan{}, errors.New(strconv.Quote(s) + " ends before it begins")
	}
	return portSpan{first, int(last-first) + 1}, nil
}

func portNumber(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	switch {
	case s == "":
		return 0, errors.New("it is missing; " + publishHelp)
	case strings.Trim(s, "0123456789") != "": // before its size: it may have anything behind too many digits
		return 0, errors.New(strconv.Quote(s) + " is no number; " + publishHelp)
	case err != nil, n > 65535:
		return 0, errors.New(s + " is too large; ports go from 1 to 65535")
	}
	return uint16(n), nil
}

// ParseExpose reads one --expose: PORT[-PORT][/PROTOCOL], each to be published at a
// port that is free.
func ParseExpose(s string) ([]Port, error) {
	if strings.Contains(s, ":") {
		return nil, errors.New("write PORT[/tcp|udp], or --publish to choose the host's port")
	}
	return ParsePublish(s)
}
