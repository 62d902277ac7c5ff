package callerids

import (
	"os"
	"reflect"
	"testing"

	"github.com/urun-project/urun/test/testenv"
	"github.com/urun-project/urun/userns"
)

func TestSubordinateIDsAreLookedAtWhereTheyMatter(t *testing.T) {
	testenv.Unprivileged(t)
	all := All()
	if int(all.UID) != os.Getuid() {
		t.Errorf("the caller is %d and not %d", os.Getuid(), all.UID)
	}
	if all.SubUID.Err == nil && len(all.SubUID.Ranges) == 0 || all.SubGID.Err == nil && len(all.SubGID.Ranges) == 0 {
		t.Errorf("neither ranges nor why there are none: %+v", all)
	}
	if one := For(userns.Single); !reflect.DeepEqual(one.SubUID, userns.Subordinate{}) || one.Name != "" {
		t.Errorf("with one id: %+v", one)
	}
	for _, mode := range []userns.Mode{userns.Auto, userns.KeepID} {
		h := For(mode)
		if got, want := []any{h.Name, h.SubUID.Ranges, h.SubGID.Ranges, h.SubUID.Source}, []any{all.Name, all.SubUID.Ranges, all.SubGID.Ranges, all.SubUID.Source}; !reflect.DeepEqual(got, want) {
			t.Errorf("mode %v: %v and not %v", mode, got, want)
		}
	}
	if testenv.HasRange() && len(all.SubUID.Ranges) == 0 {
		t.Error("there is a range, and it was not found")
	}
}
