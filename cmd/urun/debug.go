package main

import (
	"encoding/json"
	"os"

	"github.com/urun-project/urun/internal/container"
)

// debugging is what tells of a start as it happens, when --debug or the environment asks for that; else nil.
func debugging(flag bool) *container.Trace {
	switch os.Getenv("URUN_DEBUG") {
	case "", "0", "false", "no":
		if !flag {
			return nil
		}
	}
	return container.NewTrace(notice)
}

// tell shows where the time of a start went: on stderr, because stdout is the command's.
func (f explainFlag) tell(t *container.Timings) error {
	if f == "" || t == nil {
		return nil
	}
	if f == explainJSON {
		b, err := json.Marshal(t)
		if err == nil {
			_, err = os.Stderr.Write(append(b, '\n'))
		}
		return err
	}
	for _, line := range t.Lines() {
		notice("timing: " + line)
	}
	return nil
}
