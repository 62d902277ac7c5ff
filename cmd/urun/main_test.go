package main

import (
	"os"
	"testing"
)

// The defaults of whoever runs the tests are not the tests'.
func TestMain(m *testing.M) {
	os.Setenv("URUN_CONFIG", noConfig)
	os.Exit(m.Run())
}
