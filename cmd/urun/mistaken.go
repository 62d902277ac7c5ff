package main

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/urun-project/urun/internal/container"
	"github.com/urun-project/urun/internal/image"
	"github.com/urun-project/urun/internal/ocispec"
)

// otherVerbs are those of podman, docker and runc that urun lacks.
const otherVerbs = " auto-update checkpoint commit container cp create diff events export farm generate " +
	"healthcheck image info init kube list machine manifest mount network play " +
	"pod rename restart restore resume secret start state system unmount volume "

// insteadOf is what is to be done instead of some of them.
var insteadOf = []struct{ verbs, instead string }{
	{" ls list ", "urun ps lists containers, urun images lists images"},
	{" start restart create ", "a container that has ended is not started again; run it anew, with --replace if it has a name"},
	{" container image ", "write urun and the verb behind it: urun ps for the ls of containers, urun images for that of images"},
	{" build builder compose ", "buildah, podman build and docker buildx build images, and urun runs what they write (oci:DIR, oci-archive:FILE, docker-archive:FILE, a registry)"},
	{" login logout ", "podman login, docker login and skopeo login write the files in which it looks; --creds and --authfile say otherwise"},
	{" search ", "a registry's site searches; a name that is whole needs none"},
	{" commit ", "what a container writes over an image is not kept; --overlay DIR keeps it, and buildah and podman build make images"},
	{" cp ", "urun exec NAME cat FILE copies one out of a container that runs, and -v DIR:/DIR shares a directory with it"},
	{" info ", "urun doctor tells of the machine, urun version of urun"},
	{" system ", "urun prune makes room, urun doctor tells of the machine, urun tree of what runs"},
	{" volume network ", "nothing of the kind has a name: -v DIR:/DIR shares a directory, --net container:NAME a network"},
	{" import ", "a tarball of a root file system is run as it is: urun ./FILE.tar.gz"},
}

// noRootfs says what a word that names no directory may have been meant for instead of an image, or "" when it is one. The verb
// run before it says that it is one, whatever it looks like.
func noRootfs(word string, run bool, exists func(path string) bool) string {
	if word == "" || word[0] == '/' || word[0] == '.' {
		return ""
	}
	there := exists(word)
	own := ""
	for _, v := range verbs() {
		if v.name == word && !there {
			return strconv.Quote(word) + " is a verb only as the first word: write urun " + word + " and the flags behind it" + orImage(word)
		}
		own += ", " + v.name
	}
	if there && !strings.Contains(word, ":") {
		return strconv.Quote(word) + ": " + directoryInstead(word) + orImage(word)
	}
	if run {
		return ""
	}
	for _, row := range insteadOf {
		if strings.Contains(row.verbs, " "+word+" ") {
			return "urun has no verb " + strconv.Quote(word) + ": " + row.instead + orImage(word)
		}
	}
	first, _, deep := strings.Cut(word, "/")
	switch {
	case strings.Contains(otherVerbs, " "+word+" "):
		return "urun has no verb " + strconv.Quote(word) + "; the verbs are " + own[2:] + orImage(word)
	case strings.ContainsAny(word, ":@."):
	case deep && exists(first):
		return "there is no directory " + strconv.Quote(word) + orImage(word)
	case !deep && nearVerb(word) != "":
		return "there is neither a directory nor an image " + strconv.Quote(word) + "; did you mean urun " + nearVerb(word) + "?" + strings.Replace(orImage(word), ";", " If not,", 1)
	}
	return ""
}

// orImage says how an image is meant all the same.
func orImage(word string) string {
	n, _, err := image.ParseName(word)
	if err != nil {
		return ""
	}
	return "; an image of that name is written " + strings.TrimSuffix(n.String(), ":"+image.Latest)
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
	if !errors.As(err, &e) || e.Status != container.StatusNotFound || c.Entrypoint != nil || len(c.Command) == 0 || !looksLikeFlag(c.Command[0]) {
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
