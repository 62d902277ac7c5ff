package runners

// machines are in the order of the table.
func machines() []machine {
	return []machine{
		{name: "a laptop with systemd", vm: "trixie", rung: rung{full, own, yes}, stands: "full range", limits: "yes"},
		{name: "no line in /etc/subuid", change: "rm /etc/subuid /etc/subgid",
			rung: rung{one, own, yes}, stands: "one id",
			says: []string{oneID + "/etc/subuid gives dev no subordinate uids; an administrator can run: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 dev"}},
		{name: "no newuidmap", change: "rm /usr/bin/newuidmap /usr/bin/newgidmap",
			rung: rung{one, own, yes}, stands: "one id",
			says: []string{oneID + "newuidmap is not installed; an administrator can install it (the package uidmap, shadow-utils or shadow)"}},
		{name: "subordinate ids in a directory (LDAP, SSSD)", needs: []string{"gcc"}, change: directory,
			rung: rung{full, own, yes}, stands: "full range"},
		{name: "a user without a passwd entry and without HOME", change: "home 4711 /home/other", as: "setpriv --reuid=4711 --regid=4711 --clear-groups -- env -i " + path,
			rung: rung{one, own, yes}, stands: "one id",
			says: []string{oneID + "/etc/subuid gives uid 4711 no subordinate uids; an administrator can give uid 4711 a passwd entry and subordinate ids"}},
		{name: "no systemd", change: "rm -r /run/user", as: user1000,
			rung: rung{full, own, yes}, stands: "full range", limits: "no",
			limited: noCgroup + "; have a cgroup delegated (a service with Delegate=yes, say) and start urun in it"},
		{name: "no bus (su, sudo, cron)", change: "mkdir -p /run/systemd/system", as: user1000,
			rung: rung{full, own, yes}, stands: "full range", limits: "no",
			limited: noCgroup + "; log in with a session of systemd's (ssh, a desktop, machinectl shell; su and sudo give none), or have an administrator run loginctl enable-linger 1000; have a cgroup delegated (a service with Delegate=yes, say) and start urun in it"},
		{name: "XDG_RUNTIME_DIR not set", as: user1000, systemd: "env -u XDG_RUNTIME_DIR -u DBUS_SESSION_BUS_ADDRESS",
			rung: rung{full, own, yes}, stands: "full range", limits: "yes"},
		{name: "no_new_privs (systemd, some editors' terminals)", as: "setpriv --no-new-privs -- " + dev, systemd: "setpriv --no-new-privs --",
			rung: rung{one, own, yes}, stands: "one id", limits: "yes",
			says: []string{oneID + "no_new_privs is set, so newuidmap gets no privileges; whoever started this session can start it without no_new_privs (docker: --security-opt no-new-privileges, systemd: NoNewPrivileges=)"}},
		{name: "no /dev/net/tun", change: "mount -t tmpfs none /dev/net",
			rung: rung{full, own, loopback}, stands: "full range, loopback only",
			says: []string{noTun}},
		{name: "/dev/net/tun with mode 0600", change: "touch /mnt/tun; chmod 600 /mnt/tun; mount --bind /mnt/tun /dev/net/tun",
			rung: rung{full, own, loopback}, stands: "full range, loopback only",
			says: []string{"no network but loopback: /dev/net/tun cannot be opened by you (permission denied); an administrator can give it mode 0666, as distributions do" + meanwhile}},
		{name: "hidepid=2 on /proc", change: "mount -o remount,hidepid=2 /proc",
			rung: rung{full, own, yes}, stands: "full range"},
		{name: "a home directory that is read-only", change: "mount --bind /home /home; mount -o remount,ro,bind /home",
			rung: rung{full, own, yes}, stands: "full range"},
		{name: "a rootfs on FUSE (sshfs, bindfs)", needs: []string{"bindfs", "/dev/fuse"}, change: fuse + "lower rootfs\n" + dev + " urun -q ./rootfs true\nsettle 2",
			rung: rung{full, own, yes}, stands: "full range"},
		{name: "one there that is read-only and has no /proc", needs: []string{"bindfs", "/dev/fuse"}, change: fuse + "-r lower rootfs",
			rung: rung{full, own, yes}, stands: "full range, root read-only",
			says: []string{readOnly + "; you can make them in the rootfs, or write --ephemeral for a root that can be written"}},
		{name: "Docker, default seccomp filter", change: "container\nhome 0 /root", as: refuse + docker + root,
			stands: "nothing", sooner: noTunHere,
			says: []string{refused + "the seccomp filter of the docker container around this refuses them" + outer + "pass --security-opt seccomp=unconfined"}},
		{name: "Docker, seccomp=unconfined, root", change: "container\nhome 0 /root", as: docker + root,
			rung: rung{full, shared, loopback}, stands: "full range, direct, shared /proc, shared /sys, loopback only, low ports root's", limits: "no",
			says: []string{noTunHere, noProc + outer + "pass --security-opt systempaths=unconfined", noSys + outer + "pass --security-opt systempaths=unconfined", noLow + outer + "pass --security-opt systempaths=unconfined"}},
		{name: "the same, uid 1001", change: "container\nhome 1001 /home/runner", as: docker + runner,
			rung: rung{one, shared, loopback}, stands: "one id, shared /proc, shared /sys, loopback only, low ports root's", limits: "no",
			says: []string{oneID + "/etc/subuid gives runner no subordinate uids; an administrator can run: usermod --add-subuids 165536-231071 --add-subgids 165536-231071 runner", noTunHere, noProc + outer + "pass --security-opt systempaths=unconfined", noSys + outer + "pass --security-opt systempaths=unconfined", noLow + outer + "pass --security-opt systempaths=unconfined"}},
		{name: "the same, with subordinate ids and a set-user-ID newuidmap", change: "container", as: docker + dev,
			rung: rung{one, shared, loopback}, stands: "one id, shared /proc, shared /sys, loopback only, low ports root's", limits: "no",
			says: []string{oneID + "newuidmap: exit status 1: newuidmap: write to uid_map failed: Operation not permitted; an administrator can run: chmod u-s /usr/bin/newuidmap && setcap cap_setuid+ep /usr/bin/newuidmap", noTunHere, noProc + outer + "pass --security-opt systempaths=unconfined", noSys + outer + "pass --security-opt systempaths=unconfined", noLow + outer + "pass --security-opt systempaths=unconfined"}},
		{name: "the same, newuidmap with a file capability", needs: []string{"setcap"}, change: "container\n" + capable, as: docker + dev,
			rung: rung{full, shared, loopback}, stands: "full range, shared /proc, shared /sys, loopback only, low ports root's", limits: "no",
			says: []string{noTunHere, noProc + outer + "pass --security-opt systempaths=unconfined", noSys + outer + "pass --security-opt systempaths=unconfined", noLow + outer + "pass --security-opt systempaths=unconfined"}},
		{name: "podman", needs: []string{"podman"}, change: other + podman + " true\nsettle 1", as: podman,
			rung: rung{full, shared, loopback}, stands: "full range, direct, shared /proc, shared /sys, loopback only, low ports root's, the outer host name", limits: "no",
			says: []string{noTunHere, noProc + outer + "pass --security-opt unmask=ALL", noSys + outer + "pass --security-opt unmask=ALL", noLow + outer + "pass --security-opt unmask=ALL",
				"no host name of its own: it has the one outside: a seccomp filter refuses to set one" + outer + "pass --security-opt seccomp=unconfined"}},
		{name: "urun", change: other + inside + " true\nsettle 1", as: inside,
			stands: "nothing", sooner: noTunHere,
			says: []string{refused + "the seccomp filter of the urun container around this refuses them" + outer + "write --nested"}},
		{name: "urun, --nested", change: other + nested + " true\nsettle 1", as: nested,
			rung: rung{full, own, loopback}, stands: "full range, direct, loopback only", limits: "no",
			says: []string{noTunHere}},
		{name: "a chroot", change: chroot, as: "chroot /mnt/chroot " + dev,
			stands: "nothing",
			says:   []string{refused + "this runs in a chroot(2), where the kernel makes no user namespaces; whoever started this session can enter the directory with pivot_root(2) instead"}},
		{name: "user.max_net_namespaces=0", change: "echo 0 >/proc/sys/user/max_net_namespaces",
			stands: "nothing",
			says:   []string{refused + "the sysctl user.max_net_namespaces is 0; an administrator can raise it: sysctl -w user.max_net_namespaces=15000; --net host takes no network namespace"}},
		{name: "user.max_user_namespaces=0", change: "echo 0 >/proc/sys/user/max_user_namespaces",
			stands: "nothing",
			says:   []string{refused + "the sysctl user.max_user_namespaces is 0; an administrator can raise it: sysctl -w user.max_user_namespaces=15000"}},
		{name: "Linux 5.10", vm: "bullseye", kernel: "5.10",
			stands: "nothing",
			says:   []string{"urun cannot start anything: this kernel is Linux 5.10, and urun needs 5.12 or newer; an administrator can install a newer one"}},
	}
}

// Beginnings of lines, and lines of several machines.
const (
	readOnly = "the root is read-only, and missing mount points come from a layer above it: the rootfs cannot be written by this container and lacks mount points"
	oneID    = "only one id is mapped, so files of other owners show as nobody and programs cannot change user: "
	refused  = "new namespaces are refused: "
	noTun    = "no network but loopback: there is no /dev/net/tun; an administrator can load the module (modprobe tun), or in a container whoever started that can give it the device (--device /dev/net/tun)" + meanwhile
	noProc   = "no /proc of its own: processes outside are shown in it: the /proc outside is partly covered, and the kernel then allows no new one"
	noSys    = "no /sys of its own: the network devices outside are shown in it: the /sys outside is partly covered, and the kernel then allows no new one"
	noLow    = "only root inside listens at ports below 1024, and ping may fail: the /proc/sys/net outside cannot be written"
	// meanwhile is what works as long as there is no network.
	meanwhile = "; --net none says that none is wanted"
	outer     = "; whoever starts the container around this one can "

	noCgroup  = "no cgroup can be had, and limits need one; tried the user's systemd: unix:path=/run/user/1000/bus: no such file or directory; tried to make one: /sys/fs/cgroup: it is not delegated to you (permission denied)"
	noTunHere = "no network but loopback: there is no /dev/net/tun here" + outer + "give it the device (--device /dev/net/tun)" + meanwhile
)

// directory has a service that nsswitch.conf names give the subordinate ids, by a library which newuidmap loads, too.
const directory = `mkdir /mnt/lib
cp /mnt/bin/libsubid_directory.so /mnt/lib
rm /etc/ld.so.cache
{ cat /etc/ld.so.conf.d/*.conf; echo /mnt/lib; } >/mnt/ld.so.conf
ldconfig -X -f /mnt/ld.so.conf
echo subid: directory >>/etc/nsswitch.conf
: >/etc/subuid
: >/etc/subgid`

// fuse begins the command by which dev mounts a root file system that lacks mount points.
const fuse = `setuid fusermount
mv rootfs lower
rmdir lower/proc lower/sys
mkdir rootfs
chown dev: rootfs
` + dev + " bindfs --no-allow-other "

// other is a root file system for the container around urun.
const other = `cp -a /mnt/rootfs other
chown -R dev: other
`

// chroot has a copy of the machine in a directory, as debootstrap and schroot do.
const chroot = `mkdir /mnt/chroot
cd /
for entry in bin dev etc home lib* mnt proc root run sbin sys tmp usr var; do
    if [ -L /$entry ]; then
        cp -a /$entry /mnt/chroot
    else
        mkdir /mnt/chroot/$entry
        mount --rbind /$entry /mnt/chroot/$entry
    fi
done
cd /home/dev`

// capable gives newuidmap and newgidmap file capabilities instead of the set-user-ID bit.
const capable = `chmod u-s /usr/bin/newuidmap /usr/bin/newgidmap
setcap cap_setuid+ep /usr/bin/newuidmap
setcap cap_setgid+ep /usr/bin/newgidmap`
