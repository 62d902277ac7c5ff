package doctor

import (
	"os"
	"strings"
	"sync"

	"github.com/urun-project/urun/subid"
	"github.com/urun-project/urun/userns"
)

// askSubids holds what the files say against what getsubids says, which newuidmap goes by.
func askSubids(u *Users) {
	files := subid.Default()
	var both sync.WaitGroup
	for _, k := range []struct {
		kind subid.Kind
		path string
		have userns.Subordinate
		to   *Subordinates
	}{{subid.UIDs, files.Subuid, u.Host.SubUID, &u.UIDs}, {subid.GIDs, files.Subgid, u.Host.SubGID, &u.GIDs}} {
		both.Go(func() {
			if !strings.HasPrefix(k.have.Source, "getsubids") {
				r, asked, err := files.Ask(k.kind, u.Host.Name, u.Host.UID)
				k.to.Asked, k.to.Answer = asked, userns.Subordinate{Ranges: r.Ranges, Source: r.Source, Err: err}
			}
			f, err := os.Open(k.path)
			if err != nil {
				return // lookUp has told of it
			}
			defer f.Close()
			k.to.Shared, k.to.Malformed, _ = subid.Others(f, u.Host.Name, u.Host.UID, k.have.Ranges)
		})
	}
	both.Wait()
}
