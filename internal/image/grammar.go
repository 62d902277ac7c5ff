package image

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// The longest that registries take.
const (
	longestRepository = 255
	longestTag        = 128
)

func checkTag(tag string) error {
	switch {
	case tag == "":
		return errors.New("there is no tag behind the colon")
	case len(tag) > longestTag:
		return errors.New("a tag has at most " + strconv.Itoa(longestTag) + " characters")
	case strings.ContainsAny(tag[:1], ".-"):
		return errors.New("a tag begins with a letter, a digit or _")
	}
	for _, c := range []byte(tag) {
		if !isLower(c) && !isUpper(c) && !isDigit(c) && !strings.ContainsRune("_.-", rune(c)) {
			return errors.New("a tag is made of letters, digits and _ . -")
		}
	}
	return nil
}

func checkRepository(s string) error {
	if len(s) > longestRepository {
		return errors.New("a repository has at most " + strconv.Itoa(longestRepository) + " characters")
	}
	if lower := strings.ToLower(s); lower != s && checkRepository(lower) == nil {
		return errors.New("a repository is in lower case: " + lower)
	}
	for part := range strings.SplitSeq(s, "/") {
		if !isComponent(part) {
			return errors.New("a repository is made of lower-case letters and digits, between which there may be one of . _ / or __ or any number of -")
		}
	}
	return nil
}

// isComponent tells of a part of a repository: runs of letters and digits with one separator between two of them.
func isComponent(s string) bool {
	separator := ""
	for i, c := range []byte(s) {
		switch {
		case isLower(c) || isDigit(c):
			if separator != "" && separator != "." && separator != "_" && separator != "__" && strings.Trim(separator, "-") != "" {
				return false
			}
			separator = ""
		case i > 0:
			separator += string(rune(c))
		default:
			return false
		}
	}
	return s != "" && separator == ""
}

// checkRegistry takes a host with or without a port; the host may be an IPv6 address in brackets.
func checkRegistry(s string) error {
	host, port := s, ""
	i := strings.LastIndexByte(s, ':')
	if i > strings.LastIndexByte(s, ']') {
		host, port = s[:i], s[i+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return errors.New("the port of the registry is a number up to 65535")
		}
	}
	if in, ok := strings.CutPrefix(host, "["); ok {
		in, ok = strings.CutSuffix(in, "]")
		if a, err := netip.ParseAddr(in); !ok || err != nil || !a.Is6() || a.Zone() != "" {
			return errors.New("between brackets there is an IPv6 address")
		}
		return nil
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || strings.Trim(label, "-") == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return errBadHost
		}
		for _, c := range []byte(label) {
			if !isLower(c) && !isDigit(c) && c != '-' {
				return errBadHost
			}
		}
	}
	return nil
}

var errBadHost = errors.New("the registry is no name of a host")

func isLower(c byte) bool { return 'a' <= c && c <= 'z' }
func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
