package subid

import (
	"bytes"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// reference reads the ranges of a user as one would write it down, without a thought for speed. ok is false for what is
// wrong with a line of the user's.
func reference(lines []string, name, uid string) (ranges []Range, ok bool) {
	for _, line := range lines {
		fields := strings.Split(line, ":")
		if strings.HasPrefix(line, "#") || line == "" || fields[0] != uid && (name == "" || fields[0] != name) {
			continue
		}
		if len(fields) != 3 || !decimalForm.MatchString(fields[1]) || !decimalForm.MatchString(fields[2]) || len(fields[1]) > 20 || len(fields[2]) > 20 {
			return nil, false
		}
		start, _ := new(big.Int).SetString(fields[1], 10)
		count, _ := new(big.Int).SetString(fields[2], 10)
		end := new(big.Int).Add(start, count)
		if count.Sign() == 0 || end.Cmp(big.NewInt(1<<32-1)) > 0 {
			return nil, false
		}
		one := Range{uint32(start.Uint64()), uint32(count.Uint64())}
		if slices.Contains(ranges, one) {
			continue
		}
		for _, other := range ranges {
			if shared(one, other) {
				return nil, false
			}
		}
		ranges = append(ranges, one)
	}
	return ranges, true
}

var decimalForm = regexp.MustCompile(`^[0-9]+$`)

func shared(a, b Range) bool {
	return uint64(a.Start) < uint64(b.Start)+uint64(b.Count) && uint64(b.Start) < uint64(a.Start)+uint64(a.Count)
}

func FuzzReadAgreesWithAReference(f *testing.F) {
	for _, seed := range []string{
		"bob:100000:65536\n1000:165536:65536\n", "bob:1:1\n1000:1:1\nbob:1:1", "bob:1:2\nbob:2:2\n", "#bob:x\nbob:4294967294:1", "bob:1:1:\n", "bob:1\n", "bob: 1:1\n",
		"bob:0:4294967295\n", "bob:+1:1\n", "bob:1:1\r\n", ":1:1\n", "bob:00000000000000000001:1\n", "bob:4294967295:1\n", "bob:5:5\nbob:3:9\nbob:5:5\n", "\n\n1000:7:7",
	} {
		f.Add(seed, "bob")
	}
	f.Fuzz(func(t *testing.T, file, name string) {
		if len(file) > lineLimit || strings.ContainsAny(name, ":\n") {
			return // a line may be too long, and no name has these
		}
		got, err := Read(strings.NewReader(file), name, 1000)
		want, ok := reference(strings.Split(file, "\n"), name, "1000")
		if (err == nil) != ok || ok && !slices.Equal(got, want) {
			t.Fatalf("%q for %q: %v, %v, want %v, %v", file, name, got, err, want, ok)
		}
		if err != nil && !strings.Contains(err.Error(), "line ") {
			t.Fatalf("%q: no line in %v", file, err)
		}
	})
}

// What getsubids answers is what a file with these lines would give, or refused in words that name the program.
func FuzzAnswerOfGetsubids(f *testing.F) {
	for _, seed := range []string{
		"0: bob 100000 65536\n", "0: bob 1 1\n1: bob 1 1\n", "0: EXAMPLE\\bob smith 100000 65536\n", "No subuid ranges found for user bob\n", "", "\n", "0: bob 100000\n", "0: bob -1 1\n",
		"0: bob 4294967295 1\n", "0: bob 1 2\n1: bob 2 2\n", "0: bob 1 1\x1b[2J\n", "# 0: bob 1 1\n", "0:\tbob\t1\t0", "Error fetching ranges",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		got, err := parseAnswer("/usr/bin/getsubids", out)
		if err != nil {
			if got != nil || !strings.HasPrefix(err.Error(), "/usr/bin/getsubids answered ") || strings.ContainsAny(err.Error(), "\n\x1b\x00") {
				t.Fatalf("%q: %v, %v", out, got, err)
			}
			return
		}
		for _, line := range strings.Split(string(out), "\n") {
			if fields := strings.Fields(line); len(fields) == 4 && line[0] != '#' {
				want, err := parseRange([]byte(fields[2]), []byte(fields[3]))
				if err != nil || !slices.Contains(got, want) {
					t.Fatalf("%q: %v, and no %v", out, got, want)
				}
			}
		}
		var file bytes.Buffer
		for _, r := range got {
			fmt.Fprintf(&file, "bob:%d:%d\n", r.Start, r.Count)
		}
		if again, err := Read(&file, "bob", 1000); err != nil || !slices.Equal(got, again) {
			t.Fatalf("%q: %v is no list of ranges: %v", out, got, err)
		}
	})
}

var actions = regexp.MustCompile(`\[[^\]]*\]`)

// Only what is in brackets, which says what to do and not where to look, may be missing of a line.
func FuzzDatabases(f *testing.F) {
	for _, seed := range []string{
		"files [NOTFOUND=return] sss", "subid: files", "subid: sss", "subid: files [NOTFOUND=return] sss\n", "subid:files [ !UNAVAIL = return ] nis # sss", "passwd: x\nsubid: sss\nsubid: files", "subid", "subid :", "#subid: sss",
		"subidx: sss", "subid: [", "subid: ]", "subid: [a]b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.ContainsAny(line, "\n#") || len(line) > lineLimit {
			return
		}
		got, err := parseDatabases(strings.NewReader("other: x\nsubid: "+line+"\nsubid: not-this\n"), "subid")
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		// Brackets stand apart from words, or the line is one of which nothing is promised.
		words := strings.Fields(actions.ReplaceAllString(line, " "))
		if apart := " " + strings.Join(strings.Fields(line), " ") + " "; strings.Count(apart, "[") != strings.Count(apart, " [") ||
			strings.Count(apart, "]") != strings.Count(apart, "] ") || strings.ContainsAny(strings.Join(words, ""), "[]") {
			return
		}
		if !slices.Equal(got, words) && len(got)+len(words) > 0 {
			t.Fatalf("%q: %q, want %q", line, got, words)
		}
	})
}

// A line of passwd gives the name of a uid, and of no other.
func FuzzAccount(f *testing.F) {
	for _, seed := range []string{"bob:x:1000:1000::/:", "bob:x:1000", "bob:x:01000:", ":x:1000:", "bob:1000:x:", "+::::::", "bob:x: 1000:", "a b:x:1000:"} {
		f.Add([]byte(seed), uint32(1000))
	}
	f.Fuzz(func(t *testing.T, line []byte, uid uint32) {
		name, ok := account(line, fmt.Append(nil, uid))
		fields := strings.Split(string(line), ":")
		want := len(fields) > 3 && fields[0] != "" && fields[2] == fmt.Sprint(uid)
		if ok != want || ok && name != fields[0] || !ok && name != "" {
			t.Fatalf("%q for %d: %q, %v", line, uid, name, ok)
		}
	})
}
