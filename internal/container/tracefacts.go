package container

import (
	"fmt"
	"strings"

	"github.com/urun-project/urun/internal/forkexec"
	"github.com/urun-project/urun/internal/ladder"
	"github.com/urun-project/urun/internal/network"
)

// traceChild tells of the child that was cloned.
func (l *launch) traceChild(c *forkexec.Child, early, late uintptr) {
	if l.opt.Debug == nil || c == nil {
		return
	}
	says := fmt.Sprintf("process %d, cloned with %s", c.Pid, forkexec.CloneFlags(early|forkexec.Fixed))
	if late != 0 {
		says += ", unshares " + forkexec.CloneFlags(late)
	}
	if l.target != nil {
		says += ", in " + forkexec.CloneFlags(l.target.join.Types) + " of process " + fmt.Sprint(l.target.Pid)
	}
	l.opt.Debug.say(whoUrun, says)
}

// traceChoices tells what was found on this host and what was decided.
func (l *launch) traceChoices() {
	t := l.opt.Debug
	if t == nil {
		return
	}
	if l.rootfs.Path != "" {
		t.say(whoLooks, "rootfs "+quote(l.rootfs.Path)+", "+fmt.Sprint(len(l.volumes))+" volumes; the command is "+quoted(l.candidates()))
	}
	ids := "ids: " + l.ids.Rung + "; uids " + strings.Join(colons(l.ids.UIDs), " ") + "; gids " + strings.Join(colons(l.ids.GIDs), " ")
	t.say(whoLooks, ids)
	for _, lost := range l.up.stand.Lost {
		t.say(whoLooks, "lost: "+lost.String())
	}
	if l.bare || l.target != nil {
		return
	}
	for _, line := range networkFacts(l.net.wish, l.net.host, l.net.setup, l.opt.Within) {
		t.say(whoLooks, line)
	}
	if p := &l.place; p.wanted {
		t.say(whoLooks, "cgroup: --cgroup "+p.asked+", "+p.does()+"; user buses to try: "+strings.Join(p.buses, ", "))
	} else {
		t.say(whoLooks, "cgroup: none of its own; nothing asks for one")
	}
	t.say(whoLooks, "seccomp: "+filterOf(l.profile())+"; records in the first that can be used of "+strings.Join(l.opt.States, ", "))
}

func filterOf(profile string) string {
	if profile == "" {
		return "no filter"
	}
	return profile
}

// networkFacts are why which driver was chosen.
func networkFacts(w network.Wish, h network.HostFacts, setup *network.Setup, within string) []string {
	if !w.Driven() {
		return []string{"network: " + string(w.Mode) + ", no driver"}
	}
	var list []string
	for _, m := range []network.Mode{network.Gvisor, network.Slirp4netns, network.Pasta} {
		if w.Mode != network.Auto && w.Mode != m {
			continue
		}
		one := w
		one.Mode = m
		says := "network: " + string(m) + " could be had"
		if _, why := network.Choose(one, h); why != nil {
			says = "network: not " + string(m) + ": " + ladder.Unavailable(why, within).String()
		}
		list = append(list, says)
	}
	if setup == nil {
		return append(list, "network: loopback only")
	}
	return append(list, "network: "+setup.Does()+"; address "+setup.Addresses.IP.String())
}

// tracePlace tells which cgroup there is.
func (l *launch) tracePlace() {
	if t, g := l.opt.Debug, l.place.group; t != nil && g != nil {
		by := "made by hand"
		if g.Unit != "" {
			by = "systemd's " + g.Unit
			if s := l.place.systemd; s != nil {
				by += ", asked at " + s.Address()
			}
		}
		t.say(whoLooks, "cgroup: "+g.Path+", "+by)
	}
}
