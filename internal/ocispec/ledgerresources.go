package ocispec

import "github.com/opencontainers/runtime-spec/specs-go"

// resourceRows are about cgroups. Objects without a word in them, as generators write them, ask for nothing.
var resourceRows = []Row{
	{Path: "linux.resources.devices", Status: Refused, Why: "a user cannot have device rules; only the one that denies everything is accepted, which is how it is anyway",
		set: resources(func(r *specs.LinuxResources) bool { return hasDeviceRules(r.Devices) })},
	{Path: "linux.resources.memory.limit", Why: "memory.max"},
	{Path: "linux.resources.memory.reservation", Why: "memory.low"},
	{Path: "linux.resources.memory.swap", Why: "memory.swap.max, less the limit on memory"},
	{Path: "linux.resources.memory.kernel", Status: Refused, Why: "cgroup v2 has no such limit",
		//lint:ignore SA1019 a config.json may have the deprecated field, and it is refused
		set: memory(func(m *specs.LinuxMemory) bool { return m.Kernel != nil })},
	{Path: "linux.resources.memory.kernelTCP", Status: Refused, Why: "cgroup v2 has no such limit",
		set: memory(func(m *specs.LinuxMemory) bool { return m.KernelTCP != nil })},
	{Path: "linux.resources.memory.swappiness", Status: Refused, Why: "cgroup v2 has it for the whole machine only",
		set: memory(func(m *specs.LinuxMemory) bool { return m.Swappiness != nil })},
	{Path: "linux.resources.memory.disableOOMKiller", Status: Refused, Why: "cgroup v2 always has the OOM killer",
		set: memory(func(m *specs.LinuxMemory) bool { return m.DisableOOMKiller != nil && *m.DisableOOMKiller })},
	{Path: "linux.resources.memory.useHierarchy", Status: Ignored, Why: "cgroup v2 always counts what is below"},
	{Path: "linux.resources.memory.checkBeforeUpdate", Status: Ignored, Why: "urun update always checks"},
	{Path: "linux.resources.cpu.shares", Why: "cpu.weight, on its scale"},
	{Path: "linux.resources.cpu.quota", Why: "cpu.max"},
	{Path: "linux.resources.cpu.period", Why: "cpu.max"},
	{Path: "linux.resources.cpu.burst", Why: "cpu.max.burst"},
	{Path: "linux.resources.cpu.realtimeRuntime", Status: Refused, Why: "cgroup v2 has no such limit",
		set: cpu(func(c *specs.LinuxCPU) bool { return c.RealtimeRuntime != nil && *c.RealtimeRuntime != 0 })},
	{Path: "linux.resources.cpu.realtimePeriod", Status: Refused, Why: "cgroup v2 has no such limit",
		set: cpu(func(c *specs.LinuxCPU) bool { return c.RealtimePeriod != nil && *c.RealtimePeriod != 0 })},
	{Path: "linux.resources.cpu.cpus", Why: "cpuset.cpus"},
	{Path: "linux.resources.cpu.mems", Why: "cpuset.mems"},
	{Path: "linux.resources.cpu.idle", Why: "cpu.idle"},
	{Path: "linux.resources.pids.limit", Why: "pids.max"},
	{Path: "linux.resources.blockIO.weight", Why: "io.weight, on its scale"},
	{Path: "linux.resources.blockIO.leafWeight", Status: Refused, Why: "cgroup v2 has no such weight",
		set: blockIO(func(b *specs.LinuxBlockIO) bool { return b.LeafWeight != nil })},
	{Path: "linux.resources.blockIO.weightDevice[].major"},
	{Path: "linux.resources.blockIO.weightDevice[].minor"},
	{Path: "linux.resources.blockIO.weightDevice[].weight", Why: "io.weight, on its scale"},
	{Path: "linux.resources.blockIO.weightDevice[].leafWeight", Status: Refused, Why: "cgroup v2 has no such weight",
		set: blockIO(func(b *specs.LinuxBlockIO) bool { return anyLeafWeight(b.WeightDevice) })},
	{Path: "linux.resources.blockIO.throttleReadBpsDevice[].major"},
	{Path: "linux.resources.blockIO.throttleReadBpsDevice[].minor"},
	{Path: "linux.resources.blockIO.throttleReadBpsDevice[].rate", Why: "io.max"},
	{Path: "linux.resources.blockIO.throttleWriteBpsDevice[].major"},
	{Path: "linux.resources.blockIO.throttleWriteBpsDevice[].minor"},
	{Path: "linux.resources.blockIO.throttleWriteBpsDevice[].rate", Why: "io.max"},
	{Path: "linux.resources.blockIO.throttleReadIOPSDevice[].major"},
	{Path: "linux.resources.blockIO.throttleReadIOPSDevice[].minor"},
	{Path: "linux.resources.blockIO.throttleReadIOPSDevice[].rate", Why: "io.max"},
	{Path: "linux.resources.blockIO.throttleWriteIOPSDevice[].major"},
	{Path: "linux.resources.blockIO.throttleWriteIOPSDevice[].minor"},
	{Path: "linux.resources.blockIO.throttleWriteIOPSDevice[].rate", Why: "io.max"},
	{Path: "linux.resources.hugepageLimits[].pageSize", Why: "hugetlb.SIZE.max, where the controller is delegated"},
	{Path: "linux.resources.hugepageLimits[].limit"},
	{Path: "linux.resources.network", Status: Refused, Why: "cgroup v2 has no such controller",
		set: resources(func(r *specs.LinuxResources) bool {
			return r.Network != nil && (r.Network.ClassID != nil || len(r.Network.Priorities) > 0)
		})},
	{Path: "linux.resources.rdma{}.hcaHandles", Why: "rdma.max, where the controller is delegated"},
	{Path: "linux.resources.rdma{}.hcaObjects"},
	{Path: "linux.resources.unified", Why: "files of cgroup v2, as they are"},
}

func memory(is func(*specs.LinuxMemory) bool) func(*specs.Spec) bool {
	return resources(func(r *specs.LinuxResources) bool { return r.Memory != nil && is(r.Memory) })
}

func cpu(is func(*specs.LinuxCPU) bool) func(*specs.Spec) bool {
	return resources(func(r *specs.LinuxResources) bool { return r.CPU != nil && is(r.CPU) })
}

func blockIO(is func(*specs.LinuxBlockIO) bool) func(*specs.Spec) bool {
	return resources(func(r *specs.LinuxResources) bool { return r.BlockIO != nil && is(r.BlockIO) })
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

func anyLeafWeight(list []specs.LinuxWeightDevice) bool {
	for _, d := range list {
		if d.LeafWeight != nil {
			return true
		}
	}
	return false
}

func hasBlockIO(b *specs.LinuxBlockIO) bool {
	return b.Weight != nil || b.LeafWeight != nil || len(b.WeightDevice)+len(b.ThrottleReadBpsDevice)+len(b.ThrottleWriteBpsDevice)+
		len(b.ThrottleReadIOPSDevice)+len(b.ThrottleWriteIOPSDevice) > 0
}
