package apparmor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Packages ship the file, and `urun doctor --apparmor` prints the function's text.
func TestTheFileThatIsShippedIsTheProfile(t *testing.T) {
	file := filepath.Join("..", "..", "hack", "apparmor", "urun")
	shipped, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := Profile(InstalledPath); string(shipped) != want {
		t.Errorf("%s is\n%s\nand should be\n%s", file, shipped, want)
	}
}

func TestAPathStaysOneStringThatMatchesItselfAlone(t *testing.T) {
	for _, c := range [][2]string{
		{"/usr/bin/urun", `"/usr/bin/urun"`},
		{"/home/a b/urun", `"/home/a b/urun"`},
		{"/home/ä/urun", `"/home/ä/urun"`},
		{`/q"/urun`, `"/q\"/urun"`},
		{"/p*?[a-z]{b,c}/urun", `"/p\*\?\[a-z\]\{b,c\}/urun"`},
		{"/@{HOME}/urun", `"/@\{HOME\}/urun"`},
		{`/b\n\\/urun`, `"/b\\n\\\\/urun"`},
		{"/n\n1\x7f/urun", `"/n\0121\177/urun"`},
		{`/" flags=(complain) { }`, `"/\" flags=(complain) \{ \}"`},
	} {
		if got := quote(c[0]); got != c[1] {
			t.Errorf("%q is quoted as %s, want %s", c[0], got, c[1])
		}
		if line := "\nprofile urun " + c[1] + " flags=(unconfined) {\n"; !strings.Contains(Profile(c[0]), line) {
			t.Errorf("no line %q in %s", line, Profile(c[0]))
		}
	}
}
