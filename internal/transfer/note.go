package transfer

import (
	"encoding/json"
	"io"
	"os"

	"github.com/urun-project/urun/internal/image"
)

// notes are in the lock of a layer what is known of it, for who finds the tree and no record with it: another one is about to write
// that, or was killed before.
type notes struct {
	Boot   string // of the machine. A tree without a record may have lost what was in its files when the power was lost
	Layers []image.Layer
}

func note(lock *os.File, layers []image.Layer) error {
	text, err := json.Marshal(notes{boot(), layers})
	if err == nil {
		err = lock.Truncate(0)
	}
	if err == nil {
		_, err = lock.WriteAt(text, 0)
	}
	return err
}

func noted(lock *os.File) []image.Layer {
	var n notes
	text, err := io.ReadAll(io.NewSectionReader(lock, 0, 1<<20))
	if err != nil || json.Unmarshal(text, &n) != nil || n.Boot != boot() {
		return nil
	}
	return n.Layers
}

// boot is different after each start of the machine.
func boot() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // without it, a loss of power is taken for none
	return string(id)
}
