package registry

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
)

// Temporary tells whether the same may succeed when it is tried again: 408, 429, 5xx, a connection that broke off or
// stalled. Not: 401, 403, 404, a wrong digest, an unknown certificate, a host that nobody knows.
func Temporary(err error) bool {
	if status := statusOf(err); status != 0 {
		return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= 500 && status != http.StatusNotImplemented
	}
	var wrong *lie
	if errors.As(err, &wrong) || errors.Is(err, context.Canceled) && !errors.Is(err, errStalled) {
		return false
	}
	for _, e := range []error{errStalled, io.ErrUnexpectedEOF, io.EOF, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE, syscall.ETIMEDOUT, net.ErrClosed} {
		if errors.Is(err, e) {
			return true
		}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.IsTemporary || dns.IsTimeout
	}
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout() || brokenStream(err)
}

// brokenStream knows HTTP/2's by their texts: net/http keeps the types to itself.
func brokenStream(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "stream error: ") || strings.Contains(err.Error(), "http2: "))
}

// NotFound tells that the registry has no such image, tag or blob.
func NotFound(err error) bool {
	status := statusOf(err)
	return status == http.StatusNotFound || status == http.StatusGone
}

// Denied tells that the registry wants other credentials.
func Denied(err error) bool {
	status := statusOf(err)
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

func statusOf(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}
