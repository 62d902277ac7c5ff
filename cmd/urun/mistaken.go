package main

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/ocispec"
)

// otherVerbs are those of podman, docker and runc that urun lacks.
const otherVerbs = " auto-update build builder checkpoint commit compose container cp create delete diff events export farm generate " +
	"healthcheck history image images import info init kube list load login logout machine manifest mount network play pod " +
	"pull push rename restart restore resume rmi save search secret start state system tag unmount untag volume "

// noRootfs says what a word that names no directory may have been meant for, or "" when it is a path like others: of a path
// that does not exist the start says so. A word that exists is the ROOTFS whatever it looks like.
func noRootfs(word string, exists func(path string) bool) string {
	if word == "" || word[0] == '/' || word[0] == '.' || exists(word) {
		return ""
	}
	own := ""
	for _, v := range verbs() {
		if v.name == word {
			return strconv.Quote(word) + " is a verb only as the first word: write urun " + word + " and the flags behind it"
		}
		own += ", " + v.name
	}
	first, _, deep := strings.Cut(word, "/")
	switch {
	case word == "ls" || word == "list":
		return "urun has no verb " + strconv.Quote(word) + ", and there is no directory of that name; urun ps lists containers"
	case word == "start" || word == "restart" || word == "create":
		return "urun has no verb " + strconv.Quote(word) + ", and there is no directory of that name: a container that has ended is not started again; run it anew, with --replace if it has a name"
	case word == "container":
		return "urun has no verb " + strconv.Quote(word) + ", and there is no directory of that name; write urun and the verb behind it, urun ps for its ls"
	case strings.Contains(otherVerbs, " "+word+" "):
		return "urun has no verb " + strconv.Quote(word) + " yet, and there is no directory of that name; the verbs are " + own[2:]
	case nearVerb(word) != "":
		return "there is no directory " + strconv.Quote(word) + "; did you mean urun " + nearVerb(word) + "?"
	case !deep, strings.ContainsAny(first, ".:"), first == "localhost", strings.ContainsAny(word, ":@"):
		return "there is no directory " + strconv.Quote(word) + "; images are not there yet: unpack one into a directory (urun unshare tar -xf FILE -C DIR) and write that as ROOTFS"
	}
	return ""
}

// nearVerb is the verb that was meant by a slip of the pen, or by its beginning.
func nearVerb(word string) string {
	if near := nearest(word, verbList()); len(near) > 0 {
		return near[0]
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}

// misplaced adds to the error of a command that was not found that it looks like a flag.
func (c *runCmd) misplaced(err error) error {
	var e *container.Error
	if !errors.As(err, &e) || e.Status != container.StatusNotFound || c.Entrypoint != "" || len(c.Command) == 0 || !looksLikeFlag(c.Command[0]) {
		return err
	}
	hint := *e
	hint.Says += "; flags go before ROOTFS"
	return &hint
}

// looksLikeFlag tells whether a word would be a flag of urun's, or of a tool like it, before ROOTFS.
func looksLikeFlag(word string) bool {
	if !isFlag(word) {
		return false
	}
	switch name := fastRead([]string{word}, verbs()[0].groups(&runCmd{}, &commonFlags{})).unknown; name {
	case "", "-h", "--help", "--version":
		return true
	default:
		_, other := ocispec.Unsupported(name)
		return other
	}
}
