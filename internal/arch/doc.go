// Package arch keeps the architecture: its tests read the repository's packages with
// go list and go/parser and fail where one breaks a rule, with the import or the line
// that broke it. It has no other code, and knows the rules and nothing of what the
// packages do. docs/architecture.md says why the rules are there.
//
// Its limit is what can be read from the text: a package that gets around a rule by
// reflection or through a function value is not found.
package arch
