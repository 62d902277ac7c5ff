package forkexec

import (
	"os"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

func TestMain(m *testing.M) {
	if os.Args[0] == severalName {
		several()
	}
	os.Exit(testenv.Tidy(m.Run))
}
