package inside

import (
	"os"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

var kit *testenv.Kit

// The executable that Run starts again is that of the test.
func TestMain(m *testing.M) {
	if Called(os.Args) {
		os.Exit(Main(hostileJobs))
	}
	testenv.Main(m, &kit)
}
