package ocispec

// sandboxes are the flags of bwrap(1) and unshare(1), and what says the same here.
var sandboxes = []row{
	{"--unshare-all", "write --net none; the other namespaces are the default"},
	{"--unshare-user --unshare-user-try --unshare-ipc --unshare-pid --unshare-uts --unshare-cgroup --unshare-cgroup-try --new-session --fork -f --kill-child",
		"it is the default; leave it out"},
	{"--unshare-net", "write --net none; by default a container has a network"},
	{"--share-net", "write --net host"},
	{"--clearenv", "it is the default; with ROOTFS / write env -i before CMD"},
	{"--die-with-parent", "a container ends with its urun; setpriv --pdeathsig KILL urun ... ends urun with its own parent"},
	{"--proc --dev --mqueue --mount-proc", "it is the default: /proc, /sys and /dev are the container's own; leave it out"},
	{"--bind --bind-try", "write -v SRC:DST; ROOTFS takes the place of --bind DIR /"},
	{"--ro-bind --ro-bind-try", "write -v SRC:DST:ro; ROOTFS and --read-only take the place of --ro-bind DIR /, --deny PATH of --ro-bind /dev/null PATH"},
	{"--dev-bind --dev-bind-try", "write -v SRC:DST:dev, or --device PATH for one device"},
	{"--bind-fd --ro-bind-fd --file --bind-data --ro-bind-data", "write -v SRC:DST with the path of a file or directory"},
	{"--remount-ro", "write :ro behind a volume, or --read-only"},
	{"--tmp-overlay --ro-overlay --overlay-src", "the whole root has an overlay or none; write --ephemeral or --overlay DIR"},
	{"--dir", "write --tmpfs DST, or make the directory in ROOTFS"},
	{"--symlink", "make the link in ROOTFS"},
	{"--chmod", "change the mode in ROOTFS"},
	{"--size --perms", "write --tmpfs DST:size=SIZE,mode=MODE"},
	{"--setenv", "write -e NAME=VALUE"},
	{"--chdir --wd", "write -w DIR"},
	{"--root -R", "ROOTFS is the directory; leave the flag out"},
	{"--uid --gid --setuid --setgid --map-user --map-group", "write -u UID:GID; --uidmap and --gidmap say which ids there are"},
	{"--map-root-user -r", "write --userns single"},
	{"--map-auto", "it is the default (--userns auto)"},
	{"--map-current-user", "write --userns keep-id"},
	{"--map-users", "write --uidmap C:H:N"},
	{"--map-groups", "write --gidmap C:H:N"},
	{"--as-pid-1", "write --no-init"},
	{"--add-seccomp-fd", "write --seccomp FILE, with a profile in JSON"},
	{"--propagation", "every mount is private; leave it out"},
	{"--time -T --monotonic --boottime", "urun makes no time namespaces"},
	{"--args --argv0 --sync-fd --block-fd --userns-block-fd --info-fd --json-status-fd --lock-file --exec-label --file-label --userns2 --pidns --disable-userns --setgroups --keep-caps",
		"urun has nothing like it"},
}

// userOnly are the flags of unshare(1) for namespaces that "urun unshare" does not make.
var userOnly = []row{
	{"-n", "write urun unshare --net CMD"},
	{"--mount -m --pid -p --ipc -i --uts -u --cgroup -C --mount-proc --fork -f --kill-child --propagation",
		"it makes a user namespace, and with --net a network namespace; urun unshare unshare -m CMD makes more, as root of that one"},
	{"--user -U", "it is what it does; leave it out"},
}

// UnsupportedByUnshare is [Unsupported] for the flags of "urun unshare".
func UnsupportedByUnshare(flag string) (why string, known bool) {
	if why, known = find(userOnly, flag); known {
		return why, true
	}
	return find(sandboxes, flag)
}
