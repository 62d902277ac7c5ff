package state

import (
	"os"
	"testing"
	"time"
)

const day = 24 * time.Hour

func TestOnlyLogsThatAreLongGoneAreSwept(t *testing.T) {
	d, root := dir(t), t.TempDir()
	add(t, d, Record{ID: "live"})
	sweepable(t, d, root, "live", 100*day)
	kept(t, d, Record{ID: "kept"}, 0)
	sweepable(t, d, root, "kept", 100*day)
	sweepable(t, d, root, "gone", 8*day)
	sweepable(t, d, root, "fresh", 6*day)
	sweepable(t, d, root, "written", 8*day)
	must(t, os.WriteFile(root+"/written/log", []byte("more"), 0o600))
	sweepable(t, d, root, "stranger", 8*day)
	must(t, os.WriteFile(root+"/stranger/precious", nil, 0o600))
	aged(t, root+"/stranger", 8*day)
	must(t, os.Mkdir(root+"/foreign", 0o700)) // not made by MakeLog
	must(t, os.WriteFile(root+"/foreign/log", nil, 0o600))
	aged(t, root+"/foreign", 100*day)
	must(t, os.WriteFile(root+"/file", nil, 0o600))
	SweepLogs(root, removeFiles)
	if got := files(t, root); got != "file foreign fresh kept live stranger written" {
		t.Errorf("there is %s", got)
	}
	for name, want := range map[string]string{"live": "log record", "kept": "log record", "fresh": "log record", "written": "log record", "foreign": "log", "stranger": "precious"} {
		if got := files(t, root+"/"+name); got != want {
			t.Errorf("%s has %s, want %s", name, got, want)
		}
	}
	must(t, d.Remove("kept", nil))
	SweepLogs(root, removeFiles)
	if _, err := os.Lstat(root + "/kept"); err == nil {
		t.Error("its record is gone, and its log is not")
	}
}

// The last directory for logs is in /tmp, where a link of someone else's led to files of the user's, which were removed.
func TestSweepingFollowsNoLink(t *testing.T) {
	d, base := dir(t), t.TempDir()
	sweepable(t, d, base+"/theirs", "a", 8*day)
	must(t, os.Symlink(base+"/theirs", base+"/link"))
	must(t, os.Mkdir(base+"/root", 0o700))
	must(t, os.Symlink(base+"/theirs/a", base+"/root/a"))
	for _, root := range []string{base + "/link", base + "/root", base + "/root/a/log", base + "/none"} {
		SweepLogs(root, removeFiles)
		if got := files(t, base+"/theirs/a"); got != "log record" {
			t.Fatalf("%s: there is %s", root, got)
		}
	}
	if _, err := os.Lstat(base + "/none"); err == nil {
		t.Error("what is not there was made")
	}
	SweepLogs(base+"/theirs", removeFiles)
	if got := files(t, base+"/theirs"); got != "" {
		t.Errorf("nobody's link: there is %s", got)
	}
}

// A start makes the directory of its log while the urun that waits for it sweeps.
func TestALogThatIsBeingMadeIsNotSwept(t *testing.T) {
	d := dir(t)
	root := t.TempDir() + "/logs"
	must(t, os.MkdirAll(root+"/"+unowned+"a", 0o700))
	must(t, os.MkdirAll(root+"/"+unowned+"old", 0o700))
	old := time.Now().Add(-time.Hour)
	must(t, os.Chtimes(root+"/"+unowned+"old", old, old))
	empty, err := d.MakeLog([]string{root}, "b") // whose record is not there yet
	must(t, err)
	must(t, os.WriteFile(empty+"/log", nil, 0o600))
	SweepLogs(root, removeFiles)
	if got := files(t, root); got != "b "+unowned+"a" {
		t.Errorf("there is %s", got)
	}
	must(t, os.Chtimes(empty+"/log", old, old))
	must(t, os.Chtimes(empty+"/"+ownerFile, old, old))
	SweepLogs(root, removeFiles)
	if got := files(t, root); got != unowned+"a" {
		t.Errorf("there is %s, and that start is long over", got)
	}
}
