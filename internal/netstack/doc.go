// Package netstack is what urun-netstack does: gvisor's network stack behind a tap device, rootlesskit's gvisor driver,
// and rootlesskit's builtin port driver. It is a process of its own because linking this costs more time than a container
// takes to start.
//
// One message comes on the socket that is its standard input, one answer goes back, and when the socket ends so does the
// process, whatever it was at ([Main]). internal/network has the types of both messages.
//
// The stack on the tap device is put together here from gvisor's parts rather than taken from gvisor-tap-vsock's
// virtualnetwork: that connects, on the host, to whatever address the container names, the gateway's, 0.0.0.0 and the
// rest of the container's own subnet included; stops after ten connections that nobody answers; answers every ping
// itself; and knows of DNS only six kinds of record and no error but "no such name". reach.go has what may be reached.
//
// It has IPv6 where it is asked to, and its published ports show the container who connects: a client has, inside, the address
// and port that it has outside (publish.go, visitor.go).
//
// It must not know containers, and reads no file but the host's resolv.conf and hosts.
package netstack
