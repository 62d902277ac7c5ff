package netstack

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/network"
)

// resident is a process's memory in MiB.
func (h *helper) resident(b testing.TB) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(h.cmd.Process.Pid) + "/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); f[0] == "VmRSS:" {
			kib, err := strconv.Atoi(f[1])
			if err != nil {
				b.Fatal(err)
			}
			return float64(kib) / 1024
		}
	}
	b.Fatal("no VmRSS")
	return 0
}

// From the start of the process to its answer, with a device that is there already.
func BenchmarkReady(b *testing.B) {
	g := newGuest(b)
	for b.Loop() {
		b.StopTimer()
		tap := g.tap(65520)
		b.StartTimer()
		h := startHelper(b)
		h.configure(b, network.StackConfig{Driver: network.StackTap}, tap)
		b.StopTimer()
		b.ReportMetric(h.resident(b), "MiB-idle")
		h.close()
		h.wait(b)
		b.StartTimer()
	}
}
