package ocispec

import "github.com/opencontainers/runtime-spec/specs-go"

const noLimits = "limits are not there yet"

// resourceRows are about cgroups. Objects without a word in them, as generators write them, ask for nothing.
var resourceRows = []Row{
	{Path: "linux.resources.devices", Status: Refused, Why: "a user cannot have device rules; only the one that denies everything is accepted, which is how it is anyway",
		set: resources(func(r *specs.LinuxResources) bool { return hasDeviceRules(r.Devices) })},
	{Path: "linux.resources.memory", Status: Refused, Why: noLimits,
		set: resources(func(r *specs.LinuxResources) bool { return r.Memory != nil && *r.Memory != specs.LinuxMemory{} })},
	{Path: "linux.resources.cpu", Status: Refused, Why: noLimits,
		set: resources(func(r *specs.LinuxResources) bool { return r.CPU != nil && *r.CPU != specs.LinuxCPU{} })},
	{Path: "linux.resources.pids", Status: Refused, Why: noLimits,
		set: resources(func(r *specs.LinuxResources) bool { return r.Pids != nil && *r.Pids != specs.LinuxPids{} })},
	{Path: "linux.resources.blockIO", Status: Refused, Why: noLimits,
		set: resources(func(r *specs.LinuxResources) bool { return r.BlockIO != nil && hasBlockIO(r.BlockIO) })},
	{Path: "linux.resources.hugepageLimits", Status: Refused, Why: noLimits,
		set: resources(func(r *specs.LinuxResources) bool { return len(r.HugepageLimits) > 0 })},
	{Path: "linux.resources.network", Status: Refused, Why: "cgroup v2 has no such controller",
		set: resources(func(r *specs.LinuxResources) bool {
			return r.Network != nil && (r.Network.ClassID != nil || len(r.Network.Priorities) > 0)
		})},
	{Path: "linux.resources.rdma", Status: Refused, Why: noLimits,
		set: resources(func(r *specs.LinuxResources) bool { return len(r.Rdma) > 0 })},
	{Path: "linux.resources.unified", Status: Refused, Why: noLimits,
		set: resources(func(r *specs.LinuxResources) bool { return len(r.Unified) > 0 })},
}

// hasDeviceRules tells whether there is more than "deny everything", which every generator of a config.json writes.
func hasDeviceRules(rules []specs.LinuxDeviceCgroup) bool {
	for _, r := range rules {
		if r.Allow || (r.Type != "" && r.Type != "a") || r.Major != nil || r.Minor != nil {
			return true
		}
	}
	return false
}

func hasBlockIO(b *specs.LinuxBlockIO) bool {
	return b.Weight != nil || b.LeafWeight != nil || len(b.WeightDevice)+len(b.ThrottleReadBpsDevice)+len(b.ThrottleWriteBpsDevice)+
		len(b.ThrottleReadIOPSDevice)+len(b.ThrottleWriteIOPSDevice) > 0
}
