package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/config"
	"github.com/urun-project/urun/internal/container"
)

// blame adds to an error about a flag that nobody sees on the command line where it comes from.
func blame(args []string, c command, err error) error {
	if err == nil {
		return nil
	}
	v, _, args := chooseVerb(args)
	common := &commonFlags{}
	fastRead(args, v.groups(v.make(), common))
	d, unread := v.defaults(common.Config)
	if unread != nil || len(d.settings) == 0 {
		return err // it has been read before
	}
	fields, from := fieldsOf(c.groups()), ""
	for _, s := range d.settings {
		if mentions(err.Error(), "--"+s.Key) && still(fields["--"+s.Key], s, err.Error()) {
			from += "; --" + s.Key + " is set in " + d.file + ":" + strconv.Itoa(s.Line)
		}
	}
	if from == "" {
		return err
	}
	return adding(err, from)
}

// adding is the error with more behind its words.
func adding(err error, more string) error {
	var e *container.Error
	if errors.As(err, &e) {
		says := *e
		says.Says += more
		return &says
	}
	return fmt.Errorf("%w%s", err, more)
}

// mentions tells whether a flag is in a message, as a word.
func mentions(message, flag string) bool {
	for _, word := range strings.FieldsFunc(message, func(r rune) bool { return strings.ContainsRune(" :;,()=.", r) }) {
		if word == flag {
			return true
		}
	}
	return false
}

// still tells whether the file's value counts: of a list one that the message has, else the one that the command line left alone.
func still(f field, s config.Setting, message string) bool {
	switch to := f.value.Addr().Interface().(type) {
	case *string:
		return *to == s.Values[0]
	case *[]string:
		return slices.ContainsFunc(s.Values, func(v string) bool { return strings.Contains(message, v) })
	case *bool:
		return strconv.FormatBool(*to) == s.Values[0]
	case **bool:
		return strconv.FormatBool(**to) == s.Values[0]
	}
	return false
}
