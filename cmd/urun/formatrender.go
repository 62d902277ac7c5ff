package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// headings are what a table has above a layout: the fields' names in capitals.
func (l layout) headings() string {
	var b strings.Builder
	for _, p := range l {
		b.WriteString(p.text)
		if len(p.path) > 0 {
			b.WriteString(strings.ToUpper(p.path[len(p.path)-1]))
		}
	}
	return b.String()
}

// render fills in a value such as encoding/json decodes into an any, best with UseNumber.
func (l layout) render(v any) (string, error) {
	var b strings.Builder
	for _, p := range l {
		s, err := p.render(v)
		if err != nil {
			return "", err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

func (p *piece) render(v any) (string, error) {
	if p.source == "" {
		return p.text, nil
	}
	at, err := p.find(v)
	if err != nil {
		return "", err
	}
	list, isList := elements(at)
	s, isString := at.(string)
	if !isList && (p.verb == "range" || p.verb == "join" || p.verb == "len" && !isString) {
		return "", errors.New(p.source + ": this is not a list")
	}
	var parts []string
	switch p.verb {
	case "if":
		if filled(at) {
			return p.then.render(v)
		}
		return p.other.render(v)
	case "range":
		if len(list) == 0 {
			return p.other.render(v)
		}
		for _, e := range list {
			part, err := p.then.render(e)
			if err != nil {
				return "", err
			}
			parts = append(parts, part)
		}
		return strings.Join(parts, ""), nil
	case "join":
		for _, e := range list {
			parts = append(parts, plain(e))
		}
		return strings.Join(parts, p.args[0].(string)), nil
	case "len":
		return strconv.Itoa(len(list) + len(s)), nil
	case "json":
		return jsonText(at), nil
	case "upper":
		return strings.ToUpper(plain(at)), nil
	case "lower":
		return strings.ToLower(plain(at)), nil
	}
	at, err = p.index(at)
	return plain(at), err
}

// find goes down to the field. Below nothing there is nothing: it cannot tell what could be there.
func (p *piece) find(v any) (any, error) {
	for _, name := range p.path {
		if v == nil {
			return nil, nil
		}
		fields, _ := v.(map[string]any)
		if next, has := fields[name]; has {
			v = next
			continue
		}
		there := slices.Sorted(maps.Keys(fields))
		at := slices.IndexFunc(there, func(s string) bool { return strings.EqualFold(s, name) })
		if at < 0 && len(there) > 0 {
			return nil, errors.New(p.source + ": there is no field " + name + "; there are " + strings.Join(there, ", "))
		}
		if at < 0 {
			return nil, errors.New(p.source + ": there is no field " + name + ", nor any other")
		}
		v = fields[there[at]]
	}
	return v, nil
}

// index goes down by keys, where one that is not there gives nothing, and by places in lists.
func (p *piece) index(v any) (any, error) {
	for _, key := range p.args {
		name, isName := key.(string)
		n, isPlace := key.(int)
		list, isList := v.([]any)
		fields, isMap := v.(map[string]any)
		switch {
		case v == nil:
		case isMap && isName:
			v = fields[name]
		case isList && isPlace && n >= 0 && n < len(list):
			v = list[n]
		case isList && isPlace:
			return nil, errors.New(p.source + ": there is no element " + strconv.Itoa(n) + "; the list has " + strconv.Itoa(len(list)))
		default:
			return nil, errors.New(p.source + ": a list takes a number, and what has fields a name in quotes")
		}
	}
	return v, nil
}

// elements are those of a list, or of a map in the order of its keys. Nothing has none.
func elements(v any) (list []any, ok bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case []any:
		return v, true
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			list = append(list, v[k])
		}
		return list, true
	}
	return nil, false
}

// filled is what an if takes for true.
func filled(v any) bool {
	if list, ok := elements(v); ok {
		return len(list) > 0
	}
	return v != "" && v != false && plain(v) != "0" || v == "0"
}

// plain is a value as one writes it: a string without quotes, a number without an exponent.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		if f, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return strconv.FormatFloat(f, 'f', -1, 64)
		}
		return v.String()
	}
	return jsonText(v)
}

func jsonText(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err.Error() // of no value that was decoded from JSON
	}
	return strings.TrimSuffix(b.String(), "\n")
}
