package doctor

import (
	"os"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

func TestMain(m *testing.M) { os.Exit(testenv.Tidy(m.Run)) }
