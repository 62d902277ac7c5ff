package main

import (
	"strings"
	"testing"
)

// One letter too many is the usual reason for a value that there is not.
func TestAValueThatWasNearlyWritten(t *testing.T) {
	for line, want := range map[string]string{
		"--net slirp4nets /":           "; did you mean slirp4netns?",
		"--net slirp4nets:mtu=1500 /":  "; did you mean slirp4netns?",
		"--network hots /":             "; did you mean host?",
		"--userns singel /":            "; did you mean single?",
		"--userns keep /":              "; did you mean keep-id?",
		"--pid hsot /":                 "; did you mean host?",
		"--cgroup sytemd /":            "; did you mean systemd?",
		"--cap-add net_admn /":         "; did you mean NET_ADMIN?",
		"--cap-drop CAP_SYS_AMDIN /":   "; did you mean SYS_ADMIN?",
		"--cap-drop al /":              "; did you mean ALL?",
		"--seccomp defualt /":          "; did you mean default?",
		"--security-opt seccmp=x /":    "; did you mean seccomp?",
		"--ulimit nofle=1 /":           "; did you mean nofile?",
		"--stop-signal TREM /":         "; did you mean TERM?",
		"kill -s sighupp web":          "; did you mean HUP?",
		"stop -s USR web":              "; did you mean USR1 or USR2?",
		"ps -f stats=exited":           "; did you mean status=exited?",
		"ps -f status=runing":          "; did you mean status=running?",
		"--net quux /":                 "the host's network",
		"--cap-add flying /":           "stands for all of them",
		"--security-opt no-new-priv /": "; did you mean no-new-privileges?",
	} {
		if strings.HasPrefix(line, "-") {
			line = "--explain " + line // what is not refused starts nothing
		}
		_, err := run(strings.Fields(line))
		if err == nil || !strings.HasSuffix(err.Error(), want) && strings.Contains(want, "did") || strings.Contains(err.Error(), "mean") != strings.Contains(want, "mean") {
			t.Errorf("%s: got %v, want %q", line, err, want)
		}
	}
}

// What a flag can be is known of flags that there are.
func TestValuesAreOfFlags(t *testing.T) {
	all := map[string]bool{}
	for _, v := range verbs() {
		for name := range fieldsOf(v.groups(v.make(), &commonFlags{})) {
			all[v.name+" "+name] = true
			all[name] = true
		}
	}
	for _, v := range values() {
		verb, rest, _ := strings.Cut(v.names, " ")
		if strings.Contains(strings.Join(verbList(), " ")+" ", verb+" ") && !all["--"+verb] {
			if !all[verb+" --"+rest] {
				t.Errorf("there is no %s", v.names)
			}
			continue
		}
		for name := range strings.FieldsSeq(v.names) {
			if !all["--"+name] {
				t.Errorf("there is no --%s", name)
			}
		}
	}
}
