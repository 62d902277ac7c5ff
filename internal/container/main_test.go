package container

import (
	"os"
	"testing"

	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/test/testenv"
)

// The urun that a test kills is the test's executable again.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == killedName {
		os.Exit(beKilled(os.Args[2:]))
	}
	if inside.Called(os.Args) { // of subordinate ids' files
		os.Exit(inside.Main(nil))
	}
	os.Exit(testenv.Tidy(m.Run))
}
