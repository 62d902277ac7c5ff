package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/urun-project/urun/internal/ocispec"
)

// complain is the one form of a complaint about a flag.
func complain(flag, value string, err error) error {
	return &ocispec.ValueError{Flag: flag, Value: value, Why: err.Error()}
}

// meant adds to a complaint about a value the one that was nearly written.
func meant(err error) error {
	var wrong *ocispec.ValueError
	if !errors.As(err, &wrong) {
		return err
	}
	flag, _, _ := strings.Cut(strings.TrimPrefix(wrong.Flag, "--"), " ")
	var words []string
	for _, v := range values() { // a flag of one name is alike in all verbs in what can be misspelt
		for name := range strings.FieldsSeq(v.names) {
			if name == flag {
				words = append(words, v.words...)
			}
		}
	}
	word := wrong.Value
	if strings.HasPrefix(flag, "cap-") {
		word = trimFold(word, "CAP_")
	}
	if strings.HasSuffix(flag, "signal") {
		word = trimFold(word, "SIG")
	}
	if beforeOption(word) == word {
		words = namesIn(words)
	}
	near := nearest(word, words)
	if len(near) == 0 {
		near = nearest(beforeOption(word), namesIn(words))
	}
	if len(near) == 0 || slices.Contains(near, beforeOption(word)) {
		return err
	}
	return fmt.Errorf("%w; did you mean %s?", err, strings.TrimRight(strings.Join(near, " or "), "=:"))
}

// namesIn are the words without what comes behind them.
func namesIn(words []string) (list []string) {
	for _, w := range words {
		list = append(list, beforeOption(w))
	}
	return list
}

func trimFold(s, prefix string) string {
	if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):]
	}
	return s
}

func beforeOption(s string) string { return s[:strings.IndexAny(s+"=", ":=")] }
