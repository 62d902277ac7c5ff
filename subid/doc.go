// Package subid finds a user's subordinate ids: the uids and gids that
// subuid(5) and subgid(5) give to the user for mapping into user namespaces.
//
// It knows the two files, the subid: line of nsswitch.conf(5), and getsubids(1),
// which asks the source that line names. It must not learn what the ids are used
// for: id maps and newuidmap(1) belong to package userns, and this package
// imports no other of its module.
//
// # Limits
//
// A line belongs to a user when its first field is the user's name or uid in
// decimal. A line that names another account of the same uid is not found,
// although newuidmap accepts it. Numbers are decimal: the hexadecimal and octal
// that shadow's strtoul takes are refused. No environment variable is read, and
// programs are looked for in fixed directories.
package subid
