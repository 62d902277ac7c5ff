package doctor

import (
	"slices"
	"strings"
	"unicode"

	"github.com/urun-project/urun/internal/ladder"
)

// Text is the report for people. With color the verdicts have that of a traffic light.
func (r Report) Text(color bool) string {
	var b strings.Builder
	b.WriteString(clean(r.Summary) + ".\n\n")
	width := 0
	for _, c := range r.Checks {
		width = max(width, len(c.Name))
	}
	const widest = len(Degraded)
	for _, c := range r.Checks {
		b.WriteString(painted(c.State, color) + strings.Repeat(" ", widest-len(c.State)+2) + c.Name + strings.Repeat(" ", width-len(c.Name)+2) + clean(c.Found) + "\n")
		if c.State == OK {
			continue
		}
		indent := strings.Repeat(" ", widest+2)
		b.WriteString(indent + "means: " + clean(c.Means) + "\n")
		if c.Fix != "" {
			b.WriteString(indent + "fix: " + who(c.Who) + " can " + clean(c.Fix) + "\n")
		}
		if c.Meanwhile != "" {
			b.WriteString(indent + "meanwhile: " + clean(c.Meanwhile) + "\n")
		}
	}
	if r.AppArmor != "" {
		b.WriteString("\nThe AppArmor profile that an administrator has to load (urun doctor --apparmor prints it alone):\n\n" + r.AppArmor)
	}
	if i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.State != OK }); i >= 0 && r.Works {
		b.WriteString("\nok is as it should be, degraded works without something.\n")
	}
	return b.String()
}

func painted(s State, color bool) string {
	if !color {
		return string(s)
	}
	return "\x1b[" + map[State]string{OK: "32", Degraded: "33", Blocked: "31"}[s] + "m" + string(s) + "\x1b[0m"
}

func who(w ladder.Who) string {
	switch w {
	case ladder.You:
		return "you"
	case "":
		return "one"
	}
	return w.String()
}

// clean leaves nothing that a terminal would obey: names of files and what programs say get into a report.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, strings.ToValidUTF8(s, "?"))
}
