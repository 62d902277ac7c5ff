package main

// page is what help and the man pages say of a verb beside its row in the table of verbs and the tags of its flags.
type page struct {
	verb, group string
	about       string    // a paragraph; empty: the row's sentence
	exit        string    // the exit status, where it is another than 0, or 125 when something was not done
	examples    []example // each line is parsed by a test, and run by one where a machine can
}

// example is a line to type, and what it does.
type example struct{ line, does string }

// verbGroups are the headings under which verbs are listed. One that has no page is under the last.
var verbGroups = []string{"Run", "Look", "Manage", "Images", "urun itself"}

// pageOf finds the page of a verb. It is asked for help alone, so that a start pays for none of this.
func pageOf(v verb) page {
	for _, list := range [][]page{runPages, lookPages, managePages, imagePages, ownPages} {
		for _, p := range list {
			if p.verb == v.name {
				if p.about == "" {
					p.about = v.help
				}
				return p
			}
		}
	}
	return page{verb: v.name, group: verbGroups[len(verbGroups)-1], about: v.help}
}

// firstExamples are in the overview: a line for each thing that people come for.
var firstExamples = []example{
	{`urun alpine sh`, `a shell in an image, which is fetched the first time`},
	{`urun ./rootfs`, `a shell in a directory that is a root file system`},
	{`urun --read-only -v "$PWD" / make test`, `the host's own tools; only this directory can be written`},
	{`urun --read-only -v "$PWD" --deny ~/.ssh -m 4g --pids-limit 500 --cap-drop ALL / ./agent`, `a coding agent: one project, no keys, limits`},
	{`urun --read-only --cap-drop ALL --net none --memory 512m ./rootfs ./untrusted`, `a program that is trusted with nothing`},
	{`urun -d --name web -p 8080:80 nginx`, `in the background, with a published port`},
	{`urun --explain ./rootfs sh`, `start nothing, show every system call and its reason`},
}
