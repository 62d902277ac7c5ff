module github.com/urun-project/urun

go 1.26.0

require (
	github.com/alecthomas/kong v1.17.0
	github.com/creack/pty v1.1.24
	github.com/opencontainers/runtime-spec v1.3.0
	github.com/rogpeppe/go-internal v1.16.0
	golang.org/x/sys v0.50.0
)

require (
	github.com/godbus/dbus/v5 v5.2.4 // indirect
	golang.org/x/tools v0.26.0 // indirect
)
