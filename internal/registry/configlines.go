package registry

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// lineOf is the line of a key in a file that is right as TOML: "short-name-mode", "aliases.NAME", "registry[2]"; 1 for what is
// written in a way that this does not look for, such as inline tables.
func lineOf(text []byte, key string) int {
	var p unstable.Parser
	p.Reset(text)
	section, registries := "", 0
	for p.NextExpression() {
		e := p.Expression()
		var words []string
		var first unstable.Range
		for it := e.Key(); it.Next(); {
			n := it.Node()
			if len(words) == 0 {
				first = n.Raw
			}
			words = append(words, string(n.Data))
		}
		path := strings.Join(words, ".")
		switch e.Kind {
		case unstable.Table:
			section = path + "."
		case unstable.ArrayTable:
			section = path + "."
			if path == "registry" {
				path += "[" + strconv.Itoa(registries) + "]"
				registries++
			}
		case unstable.KeyValue:
			path = section + path
		}
		if path == key {
			return 1 + bytes.Count(text[:first.Offset], []byte("\n"))
		}
	}
	return 1
}
