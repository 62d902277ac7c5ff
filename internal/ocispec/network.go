package ocispec

import "github.com/opencontainers/runtime-spec/specs-go"

// NetFlags choose the network.
type NetFlags struct {
	Net string `name:"net" aliases:"network" placeholder:"MODE" help:"Network: none (loopback only, the default) or host (yours)."`
}

func (f *NetFlags) apply(b *build) error {
	switch f.Net {
	case "", "none":
	case "host":
		b.drop(specs.NetworkNamespace)
	default:
		return bad("--net", f.Net, "there is none (loopback only, the default) and host (your own network, nothing kept apart)")
	}
	return nil
}
