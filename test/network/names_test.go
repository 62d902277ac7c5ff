package network

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/urun-project/urun/test/testenv"
)

func TestNamesOfTheHostsServer(t *testing.T) {
	many := make([]string, 120)
	for i := range many {
		many[i] = "10.20.30." + strconv.Itoa(i+1)
	}
	slices.Sort(many)
	each(t, func(t *testing.T, d driver) {
		d.says(t, d.web()+"\nnothing.example.test unknown", "--", "probe", "lookup", "web.example.test", "nothing.example.test")
		if !d.lame() && !d.simple { // an old pasta passes on datagrams only
			// The answer is too long for a datagram: it is asked for once more, by TCP.
			d.says(t, "many.example.test "+strings.Join(many, " "), "--", "probe", "lookup", "many.example.test")
		}
		d.says(t, "nameserver "+d.resolver, "--", "grep", "nameserver", "/etc/resolv.conf")
		d.says(t, "who.example.test 192.0.2.9", "--dns", "192.0.2.9", "--", "probe", "lookup", "who.example.test")
	})
}

func TestSearchListsAndOptions(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		d.says(t, "short unknown", "--", "probe", "lookup", "short")
		d.says(t, "short 192.0.2.7", "--dns-search", "search.test", "--", "probe", "lookup", "short")
		d.says(t, "search search.test\noptions ndots:3", "--dns-search", "search.test", "--dns-option", "ndots:3", "--",
			"grep", "-E", "search|options", "/etc/resolv.conf")
		// The host's own search list counts inside as well, until another one is given.
		searches := "echo search search.test >>/etc/resolv.conf"
		r := testenv.Finish(t, altered(searches, d.run("--", "probe", "lookup", "short")))
		if r.OK(t); r.Stdout != "short 192.0.2.7\n" {
			t.Errorf("with the host's search list: %q", r.Stdout)
		}
		r = testenv.Finish(t, altered(searches, d.run("--dns-search", "other.test", "--", "probe", "lookup", "short")))
		if r.OK(t); r.Stdout != "short unknown\n" {
			t.Errorf("with a search list instead of the host's: %q", r.Stdout)
		}
	})
}

func TestHostsAndHostname(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		d.says(t, "db 10.1.2.3\nbox 10.0.2.100", "--hostname", "box", "--add-host", "db:10.1.2.3", "--", "probe", "lookup", "db", "box")
		d.says(t, "db fd00::7", "--add-host", "db:fd00::7", "--", "probe", "lookup", "db")
		d.says(t, "box\nbox", "--hostname", "box", "--", "sh", "-c", "hostname; cat /etc/hostname")
		d.says(t, "127.0.0.1", "--", "sh", "-c", `awk '/localhost/ {print $1; exit}' /etc/hosts`)
		d.says(t, "0", "--no-hosts", "--", "sh", "-c", "grep -c 10.0.2 /etc/hosts")
	})
}

// A VPN that comes up or a laptop that is carried elsewhere changes the host's name server while containers run; what
// changes it writes a new file and renames it.
func TestAResolverThatChangesUnderWay(t *testing.T) {
	each(t, func(t *testing.T, d driver) {
		if !d.follows {
			t.Skip("keeps the name server it began with")
		}
		c := start(t, altered("", d.run("--", "sh", "-c", "while probe lookup who.example.test; do sleep 0.1; done")))
		if got := c.line("who.example.test"); got != "192.0.2.1" {
			t.Fatalf("before the change the answer is of %s", got)
		}
		etc := "/proc/" + strconv.Itoa(c.Process.Pid) + "/root/etc/"
		err := os.WriteFile(etc+"new", []byte("nameserver 192.0.2.9\n"), 0o644)
		if err == nil {
			err = os.Rename(etc+"new", etc+"resolv.conf")
		}
		if err != nil {
			t.Fatal(err)
		}
		c.line("who.example.test 192.0.2.9")
	})
}
