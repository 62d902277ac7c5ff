package subid

import (
	"slices"
	"strings"
	"testing"
)

func TestOthersAreLookedAt(t *testing.T) {
	const file = "bob:100000:65536\nalice:165535:2\n1000:100000:65536\ncarl:165536:65536\n# a comment\ndora\neve:1:x\nfay:1:0\n:99999:2\n"
	mine := []Range{{100000, 65536}}
	shared, malformed, err := Others(strings.NewReader(file), "bob", 1000, mine)
	if want := []string{`line 2 gives "alice" the ids 165535-165536`, `line 9 gives "" the ids 99999-100000`}; err != nil || !slices.Equal(shared, want) {
		t.Errorf("shared are %q, %v, want %q", shared, err, want)
	}
	if want := []string{"line 6: it is not name:first-id:count", `line 7: the count is "x", not a decimal number`, "line 8: the count of ids is 0"}; !slices.Equal(malformed, want) {
		t.Errorf("malformed are %q, want %q", malformed, want)
	}
	if shared, _, err := Others(strings.NewReader("zoe:4294967290:5\n"), "bob", 1000, []Range{{4294967294, 1}}); err != nil || len(shared) != 1 {
		t.Errorf("the highest id is shared: %q, %v", shared, err)
	}
	if shared, malformed, err := Others(strings.NewReader("alice:"+strings.Repeat("1", lineLimit)+"\n"), "", 1000, mine); err != nil || len(shared) != 0 || len(malformed) != 1 {
		t.Errorf("an endless line: %q %q %v", shared, malformed, err)
	}
}

func TestGetsubidsIsAskedWhateverTheFilesSay(t *testing.T) {
	f := machine(t, map[string]string{"getsubids": "#!/bin/sh\necho '0: bob 300000 10'\n"})
	if r, asked, err := f.Ask(UIDs, "bob", 1000); err != nil || !asked || !slices.Equal(r.Ranges, []Range{{300000, 10}}) || r.Source != "getsubids" {
		t.Errorf("it is %+v, %v, %v", r, asked, err)
	}
	f = machine(t, map[string]string{"getsubids": "#!/bin/sh\nexit 1\n"})
	if r, asked, err := f.Ask(GIDs, "bob", 1000); err == nil || !asked || r.Ranges != nil {
		t.Errorf("one that fails: %+v, %v, %v", r, asked, err)
	}
	f.Getsubids = "no-such-getsubids"
	if r, asked, err := f.Ask(UIDs, "bob", 1000); err != nil || asked || r.Ranges != nil {
		t.Errorf("one that is not there: %+v, %v, %v", r, asked, err)
	}
}
