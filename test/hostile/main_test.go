// Package hostile tries what has broken other container tools: a rootfs, a program inside, or a caller's leftovers that
// mean harm. Each test runs with one id and with the full range; all of them run again with less of the kernel, see
// TestNothingIsDoneInAnUnsafeWay.
package hostile

import (
	"os"
	"strconv"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

var kit *testenv.Kit

func TestMain(m *testing.M) { testenv.Main(m, &kit) }

// races is how often something is tried that is a matter of luck: URUN_TEST_RACES, 200 without it.
func races(t testing.TB) int {
	t.Helper()
	if s := os.Getenv("URUN_TEST_RACES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("URUN_TEST_RACES=%s is no number of tries", s)
		}
		return n
	}
	if testing.Short() {
		return 20
	}
	return 200
}
