package seccomp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// strict decodes one value, without fields that are not known, and says in a profile's words what is wrong.
func strict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %w", line(data, syntax.Offset), err)
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf(".%s: it takes %s, and this is %s", kind.Field, kindOf(kind), article(kind.Value))
	case errors.As(err, &kind):
		return fmt.Errorf(": it takes %s, and this is %s", kindOf(kind), article(kind.Value))
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the profile is empty or ends too early")
	case err != nil && strings.HasPrefix(err.Error(), "json: "): // an unknown field, in quotation marks
		return errors.New(": " + strings.TrimPrefix(err.Error(), "json: "))
	case err != nil:
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("line %d: something follows the profile", line(data, d.InputOffset()))
	}
	return nil
}

func kindOf(e *json.UnmarshalTypeError) string {
	switch k := e.Type.Kind().String(); {
	case k == "struct":
		return "an object"
	case strings.HasPrefix(k, "uint"):
		return "a whole number of 0 to 2^64-1"
	case k == "slice":
		return "a list"
	case k == "array":
		return "a string such as \"4.8\""
	default:
		return "a " + k
	}
}

func article(noun string) string {
	if strings.HasPrefix(noun, "a") || strings.HasPrefix(noun, "o") {
		return "an " + noun
	}
	return "a " + noun
}

func line(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(int(offset), len(data))], []byte("\n"))
}

// at puts an entry's name before an error about something in it, which begins with a dot, or about all of it.
func at(entry string, err error) error {
	switch text := err.Error(); {
	case strings.HasPrefix(text, "."), strings.HasPrefix(text, ":"):
		return fmt.Errorf("%s%w", entry, err)
	default:
		return fmt.Errorf("%s: %w", entry, err)
	}
}

// saidOnce refuses an object with two fields of one name: encoding/json takes the last one, whoever reads the file may see
// the first. Names that differ in case only are one name to it.
func saidOnce(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	type level struct {
		object, value bool // what comes next is a value, not a name
		names         map[string]bool
	}
	var levels []level
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var top *level
		if n := len(levels); n > 0 {
			top = &levels[n-1]
		}
		switch delim, _ := token.(json.Delim); {
		case delim == '}' || delim == ']':
			levels = levels[:len(levels)-1]
			continue
		case top != nil && top.object && !top.value:
			name := token.(string)
			folded := strings.ToLower(strings.ToUpper(name)) // both, for letters such as the long s
			if top.names[folded] {
				return fmt.Errorf("line %d: %q is there twice", line(data, d.InputOffset()), name)
			}
			top.names[folded], top.value = true, true
			continue
		case top != nil:
			top.value = false
			fallthrough
		default:
			if delim == '{' || delim == '[' {
				levels = append(levels, level{object: delim == '{', names: map[string]bool{}})
			}
		}
	}
}
