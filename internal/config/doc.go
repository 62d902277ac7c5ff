// Package config reads a file of defaults: TOML in which a table is a verb of a command line and a key a flag of it.
//
//	[run]
//	memory = "2g"
//	read-only = true
//	volume = ["/srv/data:/data:ro"]
//
// It knows how such a file is written and whom it may belong to, and nothing of verbs and flags. It must not read the
// environment: whoever calls it knows where the file is. What it gives is in the order of the file, with lines, because
// whoever finds something wrong with a value has to say where it stands.
package config
