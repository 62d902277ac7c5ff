// Package hostile tries what has broken other container tools: a rootfs, a program inside, or a caller's leftovers that
// mean harm. Each test runs with one id and with the full range.
package hostile

import (
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

var kit *testenv.Kit

func TestMain(m *testing.M) { testenv.Main(m, &kit) }
