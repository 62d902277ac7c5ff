package unpack

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/urun-project/urun/internal/inside"
	"github.com/urun-project/urun/test/testenv"
)

var kit *testenv.Kit

// The executable that inside.Run starts again is that of the test, and can also list a tree.
func TestMain(m *testing.M) {
	if inside.Called(os.Args) {
		jobs := Jobs()
		jobs["list"] = func(json.RawMessage, []*os.File) (any, error) { return list(".") }
		os.Exit(inside.Main(jobs))
	}
	testenv.Main(m, &kit)
}
