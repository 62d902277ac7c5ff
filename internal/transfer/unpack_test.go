package transfer

import (
	"fmt"
	"strings"
	"testing"
)

func TestWhatIsLeftOutIsSaidBriefly(t *testing.T) {
	var out strings.Builder
	b := &build{task: &task{show: &display{w: &out}}}
	b.leftOut([]string{`"dev/null": the device`, `"srv/null": the device`, `"dev": x`})
	if got := out.String(); got != "urun-image: left out: \"srv/null\": the device\nurun-image: left out: \"dev\": x\n" {
		t.Errorf("it says %s", got)
	}
	out.Reset()
	var many []string
	for i := range 100 {
		many = append(many, fmt.Sprintf(`"srv/%d": the device`, i))
	}
	b.leftOut(many)
	if got := out.String(); strings.Count(got, "\n") != 6 || !strings.HasSuffix(got, "and 95 more are left out\n") {
		t.Errorf("it says %s", got)
	}
}
