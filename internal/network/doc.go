// Package network knows how a network namespace without privileges comes to have a
// network: the drivers that carry packets between it and the host's sockets, the
// addresses inside, published ports, and what name resolution needs.
//
// Drivers stand behind rootlesskit's [network.ParentDriver]. Its drivers for
// slirp4netns and pasta are here, and beside them two of our own that run the same
// programs in less time. The one that needs no program on the host, gvisor, is in
// a helper binary, because to link it costs more time than a container takes to start.
//
// It must not know what a container is made of or in what order one starts. It reads
// no environment and starts nothing but the helpers.
package network
