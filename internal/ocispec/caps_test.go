package ocispec

import (
	"testing"

	"github.com/urun-project/urun/internal/seccomp"
)

// A start with the default capabilities is the common one, and must not wait for a compiler.
func TestTheDefaultFilterIsReady(t *testing.T) {
	if seccomp.Ready(defaultCaps, false) == nil {
		t.Error("no filter is ready for the default capabilities; they are in internal/seccomp/ready.go, too")
	}
}
