package transfer

import "strings"

// severalErrors are told in one line.
type severalErrors []error

func several(errs []error) error {
	if len(errs) < 2 {
		for _, err := range errs {
			return err
		}
		return nil
	}
	return severalErrors(errs)
}

func (e severalErrors) Error() string {
	says := make([]string, len(e))
	for i, err := range e {
		says[i] = err.Error()
	}
	return strings.Join(says, "; ")
}

func (e severalErrors) Unwrap() []error { return e }
