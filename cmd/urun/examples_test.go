package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// allExamples are those of help and of the man pages, by verb.
func allExamples() map[string][]example {
	all := map[string][]example{"": firstExamples}
	for _, v := range verbs() {
		all[v.name] = pageOf(v).examples
	}
	return all
}

// Whoever copies a line gets what it says: each calls the verb that it is an example of, with flags that there are.
func TestExamplesParse(t *testing.T) {
	for verb, list := range allExamples() {
		for _, e := range list {
			calls := urunCalls(e.line)
			if len(calls) == 0 {
				t.Errorf("%s: no urun in %s", verb, e.line)
			}
			for _, args := range calls {
				c, err := parse(args)
				if err != nil {
					t.Errorf("%s: %s: %v", verb, e.line, err)
					continue
				}
				if v, _, _ := chooseVerb([]string{verb}); verb != "" && reflect.TypeOf(c) != reflect.TypeOf(v.make()) {
					t.Errorf("%s: %s is an example of another verb", verb, e.line)
				}
				if run, ok := c.(*runCmd); ok && run.Explain == "" {
					if why := noRootfs(run.Rootfs, run.named, func(string) bool { return false }); why != "" {
						t.Errorf("%s: %s: %s", verb, e.line, why)
					}
				}
			}
		}
	}
}

// urunCalls are the arguments of each urun in a line of shell. What a variable holds is not looked up.
func urunCalls(line string) (calls [][]string) {
	words := shellWords(line)
	for len(words) > 0 {
		end := slices.IndexFunc(words, func(w string) bool { return w == ";" || w == "|" || w == "&" || w == ")" })
		if end < 0 {
			end = len(words)
		}
		if at := slices.Index(words[:end], "urun"); at >= 0 {
			calls = append(calls, words[at+1:end])
		}
		words = words[min(end+1, len(words)):]
	}
	return calls
}

// shellWords splits as a shell does; the words ; | & ( ) < > stand alone.
func shellWords(line string) (words []string) {
	word, in := "", false
	end := func() {
		if in {
			words, word, in = append(words, word), "", false
		}
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\'' || c == '"':
			rest, _, ok := strings.Cut(line[i+1:], string(c))
			if !ok {
				return nil
			}
			word, in = word+rest, true
			i += len(rest) + 1
		case c == ' ':
			end()
		case strings.IndexByte(";|&()<>", c) >= 0:
			end()
			words = append(words, string(c))
		case c == '#' && !in:
			return words
		case c == '\\' && i+1 < len(line):
			i++
			word, in = word+line[i:i+1], true
		default:
			word, in = word+string(c), true
		}
	}
	end()
	return words
}
