package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urun-project/urun/internal/config"
)

// noConfig is what is written where no file of defaults is wanted.
const noConfig = "none"

// configFile is the file of defaults: what a flag says, else URUN_CONFIG, else the user's own. by is what named it; a file that
// nobody named need not be there.
func configFile(flag string) (file, by string) {
	file, by = flag, "--config"
	if file == "" {
		file, by = os.Getenv("URUN_CONFIG"), "URUN_CONFIG"
	}
	switch {
	case file == noConfig:
		return "", by
	case file != "":
		return file, by
	}
	if dir := os.Getenv("XDG_CONFIG_HOME"); filepath.IsAbs(dir) { // the XDG specification has a relative one ignored
		return filepath.Join(dir, "urun/config.toml"), ""
	}
	if dir := os.Getenv("HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, ".config/urun/config.toml"), ""
	}
	return "", ""
}

// readConfig reads that file; without one there are no settings.
func readConfig(flag string) (file string, list []config.Setting, err error) {
	file, by := configFile(flag)
	if file == "" {
		return "", nil, nil
	}
	list, err = config.Read(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && by == "":
		return file, nil, nil
	case errors.Is(err, fs.ErrNotExist):
		return file, nil, complain(by, file, errors.New("there is no such file; for no defaults write "+by+"=none"))
	}
	return file, list, err
}

// configInForce tells urun doctor which file of defaults there would be, whether it is there, and what is wrong with it.
func configInForce() (file string, exists bool, err error) {
	file, list, err := readConfig("")
	if err == nil {
		err = checkSettings(file, list)
	}
	if err == nil && file != "" {
		_, serr := os.Stat(file)
		exists = serr == nil
	}
	return file, exists || err != nil, err
}
