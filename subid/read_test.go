package subid

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestReadTakesTheUsersLines(t *testing.T) {
	for _, c := range []struct {
		name, user, file string
		want             []Range
	}{
		{"by name", "bob", "bob:100000:65536\n", []Range{{100000, 65536}}},
		{"by uid", "bob", "1000:100000:65536\n", []Range{{100000, 65536}}},
		{"by uid without a name", "", "1000:100000:65536\n:5:5\n", []Range{{100000, 65536}}},
		{"several, in the file's order", "bob", "bob:300000:10\n1000:100000:10\nbob:200000:10", []Range{{300000, 10}, {100000, 10}, {200000, 10}}},
		{"neighbours that touch", "bob", "bob:100:10\nbob:110:10\n", []Range{{100, 10}, {110, 10}}},
		{"the same line twice", "bob", "bob:100000:65536\n1000:100000:65536\n", []Range{{100000, 65536}}},
		{"the highest id", "bob", "bob:4294967294:1\n", []Range{{4294967294, 1}}},
		{"all ids", "bob", "bob:0:4294967295\n", []Range{{0, 4294967295}}},
		{"comments and blank lines", "bob", "# bob:1:1\n\n#bob:1:1\nbob:2:2\n\n", []Range{{2, 2}}},
		{"nobody's", "bob", "", nil},
		{"others only", "bob", "bobby:1:1\nbo:2:2\n10000:3:3\n100:4:4\n", nil},
		{"others' faults", "bob", "alice:x:y\nalice\nalice:1\nalice:1:2:3\n:::\nalice:9:0\nbob:7:7\nalice:4294967295:9", []Range{{7, 7}}},
		{"another's endless line", "bob", strings.Repeat("alice:1:1 ", 10000) + "\nbob:7:7\n", []Range{{7, 7}}},
		{"the user's name in another's line", "bob", strings.Repeat("x", lineLimit) + "bob:9:9\nbob:7:7\n", []Range{{7, 7}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Read(strings.NewReader(c.file), c.user, 1000)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestReadRefusesTheUsersMalformedLines(t *testing.T) {
	for line, want := range map[string]string{
		"bob":                                   `line 2 is "bob", not name:first-id:count`,
		"bob:1":                                 `line 2 is "bob:1", not name:first-id:count`,
		"bob:1:2:3":                             `line 2 is "bob:1:2:3", not name:first-id:count`,
		"1000::":                                `line 2: the first id is missing`,
		"bob:1:":                                `line 2: the count is missing`,
		"bob:x:1":                               `line 2: the first id is "x", not a decimal number`,
		"bob:0x10:1":                            `line 2: the first id is "0x10", not a decimal number`,
		"bob:+1:1":                              `line 2: the first id is "+1", not a decimal number`,
		"bob:-1:1":                              `line 2: the first id is "-1", not a decimal number`,
		"bob: 1:1":                              `line 2: the first id is " 1", not a decimal number`,
		"bob:1:1\r":                             `line 2: the count is "1\r", not a decimal number`,
		"bob:4294967296:1":                      `line 2: the first id is 4294967296, more than 32 bits hold`,
		"bob:100000:99999999999":                `line 2: the count is 99999999999, more than 32 bits hold`,
		"bob:" + strings.Repeat("1", 99) + ":1": `line 2: the first id has 99 characters`,
		"bob:100000:0":                          `line 2: the count of ids is 0`,
		"bob:4294967295:1":                      `line 2: 1 ids from 4294967295 on pass the highest id, 4294967294`,
		"bob:1:4294967295":                      `line 2: 4294967295 ids from 1 on pass the highest id, 4294967294`,
		"bob:5:6":                               `line 2: the ids 5-10 overlap with the user's ids 10-19`,
		"1000:19:1":                             `line 2: the ids 19-19 overlap with the user's ids 10-19`,
		"bob:1:100":                             `line 2: the ids 1-100 overlap with the user's ids 10-19`,
		"bob:12:2":                              `line 2: the ids 12-13 overlap with the user's ids 10-19`,
		"bob:1:" + strings.Repeat("1", 1<<15):   `line 2 is longer than 16384 bytes`,
	} {
		got, err := Read(strings.NewReader("bob:10:10\n"+line), "bob", 1000)
		if err == nil || err.Error() != want || got != nil {
			t.Errorf("%.40q gives %v, %v, want the error %s", line, got, err, want)
		}
	}
}

func TestReadReportsThatTheFileCannotBeRead(t *testing.T) {
	broken := errors.New("input/output error")
	in := io.MultiReader(strings.NewReader("bob:1:1\n"), iotest.ErrReader(broken))
	if got, err := Read(in, "bob", 1000); !errors.Is(err, broken) || got != nil {
		t.Errorf("got %v, %v, want the reader's error", got, err)
	}
}

func manyLines() []byte {
	var file bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&file, "user%d:%d:65536\n", i, 100000+i*10)
	}
	file.WriteString("bob:100000:65536\n")
	return file.Bytes()
}

func TestReadIsQuickWithManyLines(t *testing.T) {
	file := manyLines()
	start := time.Now()
	got, err := Read(bytes.NewReader(file), "bob", 1000)
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, %v", got, err)
	}
	// A few milliseconds; the bound is for machines under load.
	if took := time.Since(start); took > 500*time.Millisecond {
		t.Errorf("100,000 lines took %s", took)
	}
	if n := testing.AllocsPerRun(1, func() { Read(bytes.NewReader(file), "bob", 1000) }); n > 20 {
		t.Errorf("100,000 lines made %v allocations", n)
	}
}

func TestReadIsQuickWithManyLinesOfTheUser(t *testing.T) {
	var file bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&file, "bob:%d:10\n", 2_000_000-i*10)
	}
	start := time.Now()
	got, err := Read(&file, "bob", 1000)
	if err != nil || len(got) != 100_000 || got[0].Start != 2_000_000 {
		t.Fatalf("got %d ranges, %v", len(got), err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("100,000 lines took %s", took)
	}
}

func BenchmarkReadManyLines(b *testing.B) {
	file := manyLines()
	b.ReportAllocs()
	for b.Loop() {
		Read(bytes.NewReader(file), "bob", 1000)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "bob:100000:65536\n", "1000:1:1\nbob:1:1\n", "bob", "bob:::", "bob:4294967294:2", "bob:0:4294967295\n1000:5:1",
		"# bob:1:1\n\nalice:x", "bob:1:1\r\n", "bob:00000000000000000001:1", "bob:1:1\x00\nbob:3:3",
	} {
		f.Add([]byte(seed), "bob")
		f.Add([]byte(seed), "")
	}
	f.Fuzz(func(t *testing.T, file []byte, name string) {
		ranges, err := Read(bytes.NewReader(file), name, 1000)
		if err != nil && ranges != nil {
			t.Fatal("ranges beside an error")
		}
		for i, r := range ranges {
			if r.Count == 0 || uint64(r.Start)+uint64(r.Count) > 1<<32-1 {
				t.Fatalf("impossible range %v", r)
			}
			for _, other := range ranges[:i] {
				if uint64(r.Start) < uint64(other.Start)+uint64(other.Count) && uint64(other.Start) < uint64(r.Start)+uint64(r.Count) {
					t.Fatalf("%v overlaps %v", r, other)
				}
			}
		}
	})
}
