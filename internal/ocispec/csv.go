package ocispec

import "strings"

// splitCSV splits one line at its commas; a field in quotation marks may hold commas, and a mark written twice.
func splitCSV(line string) (fields []string, ok bool) {
	for {
		if !strings.HasPrefix(line, `"`) {
			field, rest, more := strings.Cut(line, ",")
			if strings.Contains(field, `"`) {
				return nil, false
			}
			if fields = append(fields, field); !more {
				return fields, true
			}
			line = rest
			continue
		}
		field, rest, closed := quoted(line[1:])
		if !closed || (rest != "" && rest[0] != ',') {
			return nil, false
		}
		if fields = append(fields, field); rest == "" {
			return fields, true
		}
		line = rest[1:]
	}
}

// quoted reads up to the closing quotation mark.
func quoted(s string) (field, rest string, closed bool) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return "", "", false
		}
		b.WriteString(s[:i])
		if !strings.HasPrefix(s[i+1:], `"`) {
			return b.String(), s[i+1:], true
		}
		b.WriteByte('"')
		s = s[i+2:]
	}
}
