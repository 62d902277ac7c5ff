package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decode is the other side of encode, for one record or a part of a specification: to find
// out about their types takes encoding/json longer than all else that an exec reads.
// Fields that v has not are passed over. What it refuses, encoding/json does, too.
func decode(b []byte, v any) error {
	d := &decoder{b: b}
	if err := d.value(reflect.ValueOf(v).Elem()); err != nil {
		return fmt.Errorf("at byte %d: %w", d.at, err)
	}
	if d.next(); d.at < len(d.b) {
		return fmt.Errorf("at byte %d: %w", d.at, errJSON)
	}
	return nil
}

var errJSON = errors.New("this is no JSON of ours")

// deepest is how far values may be within each other.
const deepest = 100

type decoder struct {
	b     []byte
	at    int
	depth int
}

// next is the next byte that is no space, or 0 at the end.
func (d *decoder) next() byte {
	for ; d.at < len(d.b); d.at++ {
		if c := d.b[d.at]; c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

func (d *decoder) take(c byte) bool {
	if d.next() != c {
		return false
	}
	d.at++
	return true
}

func (d *decoder) word(s string) bool {
	if !strings.HasPrefix(string(d.b[d.at:min(len(d.b), d.at+len(s))]), s) {
		return false
	}
	d.at += len(s)
	return true
}

// value reads the next value into v; into the zero Value it is read and dropped.
func (d *decoder) value(v reflect.Value) error {
	if d.depth++; d.depth > deepest {
		return errJSON
	}
	defer func() { d.depth-- }()
	c := d.next()
	if c == 'n' {
		if !d.word("null") {
			return errJSON
		}
		if v.IsValid() && isNillable(v) {
			v.SetZero()
		}
		return nil
	}
	for v.IsValid() && v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	if v.IsValid() && v.CanAddr() {
		if u, ok := v.Addr().Interface().(json.Unmarshaler); ok {
			from := d.at
			if err := d.value(reflect.Value{}); err != nil {
				return err
			}
			return u.UnmarshalJSON(d.b[from:d.at])
		}
	}
	switch c {
	case '{':
		return d.object(v)
	case '[':
		return d.list(v)
	case '"':
		s, err := d.text()
		if err == nil && v.IsValid() {
			if v.Kind() != reflect.String {
				return errJSON
			}
			v.SetString(s)
		}
		return err
	case 't', 'f':
		if !d.word("true") && !d.word("false") {
			return errJSON
		}
		if v.IsValid() {
			if v.Kind() != reflect.Bool {
				return errJSON
			}
			v.SetBool(c == 't')
		}
		return nil
	}
	return d.number(v)
}

func isNillable(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return true
	}
	return false
}

func (d *decoder) object(v reflect.Value) error {
	d.at++
	if v.IsValid() && v.Kind() != reflect.Struct && (v.Kind() != reflect.Map || v.Type().Key().Kind() != reflect.String) {
		return errJSON
	}
	if v.IsValid() && v.Kind() == reflect.Map && v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for first := true; !d.take('}'); first = false {
		if !first && !d.take(',') || d.next() != '"' {
			return errJSON
		}
		name, err := d.text()
		if err != nil || !d.take(':') {
			return errors.Join(errJSON, err)
		}
		if err := d.member(v, name); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) member(v reflect.Value, name string) error {
	switch {
	case !v.IsValid():
		return d.value(v)
	case v.Kind() == reflect.Struct:
		return d.value(fieldOf(v, name))
	}
	member := reflect.New(v.Type().Elem()).Elem()
	if err := d.value(member); err != nil {
		return err
	}
	v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), member)
	return nil
}

// fieldOf is the field of that name, or the zero Value.
func fieldOf(v reflect.Value, name string) reflect.Value {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case tag == "-" || !f.IsExported():
		case tag == name || tag == "" && !f.Anonymous && f.Name == name:
			return v.Field(i)
		case tag == "" && f.Anonymous:
			if inner := fieldOf(v.Field(i), name); inner.IsValid() {
				return inner
			}
		}
	}
	return reflect.Value{}
}

func (d *decoder) list(v reflect.Value) error {
	d.at++
	if v.IsValid() && v.Kind() != reflect.Slice {
		return errJSON
	}
	if v.IsValid() {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
	for first := true; !d.take(']'); first = false {
		if !first && !d.take(',') {
			return errJSON
		}
		var item reflect.Value
		if v.IsValid() {
			item = reflect.New(v.Type().Elem()).Elem()
		}
		if err := d.value(item); err != nil {
			return err
		}
		if v.IsValid() {
			v.Set(reflect.Append(v, item))
		}
	}
	return nil
}

// number reads as JSON has numbers: digits, without a zero before others.
func (d *decoder) number(v reflect.Value) error {
	from := d.at
	for d.at < len(d.b) && strings.IndexByte("+-.0123456789eE", d.b[d.at]) >= 0 {
		d.at++
	}
	s := string(d.b[from:d.at])
	if !json.Valid(d.b[from:d.at]) {
		return errJSON
	}
	if !v.IsValid() {
		return nil
	}
	switch v.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || v.OverflowInt(n) {
			return errJSON
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil || v.OverflowUint(n) {
			return errJSON
		}
		v.SetUint(n)
	case reflect.Float32, reflect.Float64:
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || v.OverflowFloat(n) {
			return errJSON
		}
		v.SetFloat(n)
	default:
		return errJSON
	}
	return nil
}

// text reads a string. One with anything to undo is left to encoding/json, which knows no
// types for that.
func (d *decoder) text() (string, error) {
	from := d.at
	plain := true
	for d.at++; d.at < len(d.b); d.at++ {
		switch c := d.b[d.at]; {
		case c == '\\':
			plain = false
			d.at++
		case c < ' ':
			return "", errJSON
		case c == '"':
			d.at++
			inner := d.b[from+1 : d.at-1]
			if plain && utf8.Valid(inner) {
				return string(inner), nil
			}
			var s string
			err := json.Unmarshal(d.b[from:d.at], &s)
			return s, err
		}
	}
	return "", errJSON
}
