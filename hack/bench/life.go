package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// lifeReport is what was measured with -life. Times are in milliseconds.
type lifeReport struct {
	conditions
	Execs   []start   `json:"execs"`
	LeftOut []leftOut `json:"left_out,omitempty"`
	Ratios  []ratio   `json:"ratios"`
	Crowds  []crowd   `json:"crowds"`
}

// life measures exec into a running container, and crowds of containers that idle in the background. It runs below keep.
func life(o options) error {
	sizes, err := o.sizes()
	if err != nil {
		return err
	}
	r := lifeReport{conditions: conditionsOf("life", o, machine(o))}
	if line := firstLine("nsenter", "--version"); line != "" {
		r.Machine = append(r.Machine, "nsenter: "+line)
	}
	for _, line := range r.Machine {
		fmt.Println(line)
	}
	if err := r.execs(o); err != nil {
		return err
	}
	for _, p := range plans(o, sizes) {
		r.Crowds = append(r.Crowds, p.measure(o))
		sweep(o)
	}
	printCrowds(r.Crowds)
	if err := keepResults(o, r); err != nil {
		return err
	}
	for _, c := range r.Crowds {
		if len(c.Left) > 0 {
			return fmt.Errorf("%s with %d containers left %s", c.Name, c.N, strings.Join(c.Left, ", "))
		}
		if c.Why != "" && c.Tool == "urun" {
			return fmt.Errorf("%s with %d containers: %s", c.Name, c.N, c.Why)
		}
	}
	return nil
}

func (o options) runtimeDir() string { return o.work + "/run" }
func (o options) stateDir() string   { return o.work + "/state" }

func (o options) sizes() (sizes []int, err error) {
	words := o.crowds
	if words == "" {
		words = "10,100,1000"
		if o.quick {
			words = "10"
		}
	}
	for word := range strings.SplitSeq(words, ",") {
		n, err := strconv.Atoi(word)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-n %s: %q is no number of containers", words, word)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

// execs measures /bin/true in one container of each tool. nsenter joins urun's; it also becomes root there.
func (r *lifeReport) execs(o options) error {
	list := []peer{{name: "true", argv: []string{o.rootfs + "/bin/true"}}, {name: "empty Go program", argv: []string{o.empty}}}
	var weighed [][2]amount
	for _, mapped := range []string{"one id", "full range"} {
		list = append(list, urunExec(o, mapped)...)
		list = append(list, crunExec(o, mapped))
		urun, nsenter := "urun exec, "+mapped, "nsenter, "+mapped
		weighed = append(weighed, [2]amount{{urun, urun, ""}, {nsenter, nsenter, ""}},
			[2]amount{{urun + ", less empty Go", urun, "empty Go program"}, {nsenter, nsenter, ""}},
			[2]amount{{urun, urun, ""}, {"crun exec, " + mapped, "crun exec, " + mapped, ""}})
	}
	list = append(list, podmanExec(o))
	weighed = append(weighed, [2]amount{{"urun exec, full range", "urun exec, full range", ""}, {"podman exec", "podman exec", ""}})

	ready, out := usable(list)
	for _, l := range out {
		if strings.HasPrefix(l.Name, "urun") {
			return fmt.Errorf("%s: %s", l.Name, l.Why)
		}
	}
	r.LeftOut = out
	r.Execs = measure(ready, o.runs, 0)
	_, r.Ratios = weigh(r.Execs, nil, weighed)
	printStarts("exec of /bin/true in a container that runs", r.Execs, r.LeftOut)
	printWeighed("ratios of medians", r.Ratios)

	for _, base := range [][]string{{o.urun}, podmanArgs(o)} { // crun's stay in a directory that goes
		_, _ = output(removal(base)) // what does not end so, is killed next
	}
	sweep(o)
	return nil
}

// into is the peer that runs something in a container.
func into(name, mapped string, argv ...string) peer {
	return peer{name: name, mapped: mapped, argv: append(argv, "/bin/true"), says: slices.Concat(argv, []string{"/bin/echo", "ran"})}
}

// unable is a peer that is left out, because its container did not start.
func unable(name string, err error) peer {
	if errors.Is(err, exec.ErrNotFound) {
		return peer{name: name, dir: "not installed"}
	}
	return peer{name: name, dir: "start its container: " + err.Error()}
}

func urunExec(o options, mapped string) []peer {
	mode := map[string]string{"one id": "single", "full range": "auto"}[mapped]
	argv := []string{o.urun, "-d", "--userns=" + mode, "--net=none", "--name=" + mode, o.rootfs, "/bin/sleep", "1d"}
	if _, err := output(argv); err != nil {
		return []peer{unable("urun exec, "+mapped, err)}
	}
	pid, err := output([]string{o.urun, "inspect", "-f", "{{.State.Pid}}", mode})
	if err != nil {
		return []peer{unable("urun exec, "+mapped, err)}
	}
	return []peer{
		into("urun exec, "+mapped, mapped, o.urun, "exec", mode),
		into("nsenter, "+mapped, mapped, "nsenter", "--preserve-credentials", "-S", "0", "-G", "0", "-U", "-m", "-p", "-u", "-i", "-n", "-C", "-t", pid),
	}
}

func (o options) crunRoot() string { return o.work + "/crun" }
func crunID(mapped string) string  { return "crun-" + strings.ReplaceAll(mapped, " ", "-") }

func crunExec(o options, mapped string) peer {
	bundle := o.work + "/" + crunID(mapped)
	crun := []string{"crun", "--root", o.crunRoot(), "--cgroup-manager", "disabled"}
	argv := slices.Concat(crun, []string{"run", "-d", "--bundle", bundle, crunID(mapped)})
	spec, err := bundleSpec(o.rootfs, mapped, []string{"/bin/sleep", "1d"})
	if err == nil {
		err = writeBundle(bundle, spec)
	}
	if err == nil {
		_, err = output(argv)
	}
	if err != nil {
		return unable("crun exec, "+mapped, err)
	}
	return into("crun exec, "+mapped, mapped, slices.Concat(crun, []string{"exec", crunID(mapped)})...)
}

func podmanExec(o options) peer {
	podman := podmanArgs(o)
	argv := slices.Concat(podman, []string{"run", "-d", "--network=none", "--rootfs", o.rootfs, "/bin/sleep", "1d"})
	id, err := output(argv)
	if err != nil {
		return unable("podman exec", err)
	}
	return into("podman exec", "full range", slices.Concat(podman, []string{"exec", id})...)
}

func podmanArgs(o options) []string {
	return []string{"podman", "--root", o.work + "/podman", "--runroot", o.work + "/podman-run", "--cgroup-manager", "cgroupfs"}
}

// output is the last line that a command prints; what it complains of goes into the error.
func output(argv []string) (string, error) {
	c := exec.Command(argv[0], argv[1:]...)
	var complaints strings.Builder
	c.Stderr = &complaints
	if argv[0] == "crun" { // the container's command holds on to its output
		null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
		if err != nil {
			return "", err
		}
		defer null.Close()
		c.Stdout, c.Stderr = null, null
		return "", c.Run()
	}
	b, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, lastLine(complaints.String()))
	}
	return lastLine(string(b)), nil
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}
