package hostile

import (
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

// Where the kernel has no safe way to do something, or a filter hides it, urun has no other way: a path that is resolved
// by hand, as it was before openat2(2), is what a rename makes another one (CVE-2021-30465).
func TestNothingIsDoneInAnUnsafeWay(t *testing.T) { testenv.Without(t) }
