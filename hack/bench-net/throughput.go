package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// The ways that data can go. The first two begin inside, the others come to a published port.
const (
	out      = "out"      // the container connects and sends
	in       = "in"       // the container connects and receives
	portIn   = "port in"  // the world connects and sends
	portOut  = "port out" // the world connects and receives
	loopback = "loopback" // of the host alone, on 127.0.0.1
)

func ways() []string { return []string{out, in, portIn, portOut} }

// throughput measures, for the host itself too, whose ways are plain ones over the wire.
func throughput(o options, s *sweeper, ready []peer) []series {
	n, seconds := max(2, o.runs/8), 2
	if o.quick {
		seconds = 1
	}
	limit := time.Duration(seconds)*time.Second + patience
	client := func(address string, port int, flags ...string) []string {
		return append([]string{"iperf3", "-J", "-c", address, "-p", strconv.Itoa(port), "-t", strconv.Itoa(seconds)}, flags...)
	}
	var list []task
	for _, p := range ready {
		if p.less == "" && p.name != "host" {
			continue
		}
		for _, way := range ways() {
			var flags []string
			if way == in || way == portOut {
				flags = []string{"-R"}
			}
			t := task{name: p.name, way: way, every: 1}
			switch {
			case way == portIn || way == portOut:
				t.once = func() (float64, error) {
					return served(o, s, p, func(port int) (string, error) { return o.toPort(limit, client(hostIP, port, flags...)...) })
				}
			case !p.ports:
				t.once = func() (float64, error) {
					return rate(run(o, limit, p.command(o, 0, client(worldIP, iperfPort, flags...)...)...))
				}
			default:
				continue
			}
			list = append(list, t)
		}
	}
	list = append(list, task{name: "host", way: loopback, every: 1, once: func() (float64, error) {
		return served(o, s, host(), func(port int) (string, error) { return run(o, limit, client("127.0.0.1", port)...) })
	}})
	return rounds(s, list, n)
}

// served runs an iperf3 server that serves once in the peer, its port published, and a client elsewhere.
func served(o options, s *sweeper, p peer, client func(port int) (string, error)) (float64, error) {
	port := iperfPort
	if p.name != "host" {
		port = s.nextPort()
	}
	argv := p.command(o, port, "iperf3", "-s", "-1", "-p", strconv.Itoa(iperfPort), "--forceflush")
	c := exec.Command(argv[0], argv[1:]...)
	if err := asUser(o, c); err != nil {
		return 0, err
	}
	complaints, err := awaitListening(c, nil)
	if err != nil {
		return 0, err
	}
	gbits, err := rate(client(port))
	watchdog := time.AfterFunc(2*time.Second, func() { s.kill() })
	defer watchdog.Stop()
	if err != nil {
		s.kill()
	}
	_ = c.Wait() // how the server ends says nothing: iperf3 3.12 fails when its client has gone first
	if err != nil && complaints.Len() > 0 {
		err = fmt.Errorf("%w; the tool says: %s", err, lastLine(complaints.String()))
	}
	return gbits, err
}

// toPort runs a client in the world. A server may listen before its tool listens for it: that is waited for.
func (o options) toPort(limit time.Duration, argv ...string) (string, error) {
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		text, err := o.inWorld(limit, argv...)
		if err == nil || !strings.Contains(text+err.Error(), "Connection refused") || time.Now().After(deadline) {
			return text, err
		}
	}
}

// rate reads what iperf3 -J prints: the Gbit/s that the receiver saw.
func rate(text string, failed error) (float64, error) {
	var result struct {
		Error string
		End   struct {
			Received struct {
				BitsPerSecond float64 `json:"bits_per_second"`
			} `json:"sum_received"`
		}
	}
	if at := strings.Index(text, "{"); at >= 0 {
		if err := json.Unmarshal([]byte(text[at:]), &result); err == nil && result.Error != "" {
			return 0, errors.New(result.Error)
		}
	}
	if failed != nil {
		return 0, failed
	}
	if result.End.Received.BitsPerSecond == 0 {
		return 0, fmt.Errorf("iperf3 received nothing: %s", lastLine(text))
	}
	return result.End.Received.BitsPerSecond / 1e9, nil
}
