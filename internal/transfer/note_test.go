package transfer

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/urun-project/urun/internal/image"
)

// Who waited for a layer finds in its lock what there is to know, unless the machine was started anew since.
func TestNotesAreGoodUntilTheMachineStartsAnew(t *testing.T) {
	task := quietTask(t)
	lock, err := task.store.LockTree(t.Context(), "key")
	must(t, err)
	defer lock.Close()
	if got := noted(lock); got != nil {
		t.Errorf("of nothing: %v", got)
	}
	for _, layers := range [][]image.Layer{{{Chain: digestA, Size: 1 << 40}, {Chain: digestB}}, {{Chain: digestB, Size: 5, Owners: true}}} {
		must(t, note(lock, layers))
		if got := noted(lock); !reflect.DeepEqual(got, layers) {
			t.Errorf("%v was noted, and %v is read", layers, got)
		}
	}
	text, err := os.ReadFile(lock.Name())
	must(t, err)
	must(t, os.WriteFile(lock.Name(), []byte(strings.Replace(string(text), `"Boot":"`, `"Boot":"x`, 1)), 0o600))
	if got := noted(lock); got != nil {
		t.Errorf("of another boot: %v", got)
	}
}
