# lib.sh: what the demonstrations share. Sourced, not run. Each prints what it shows and fails when it is not so;
# exit status 77 means that this machine lacks what it needs.
set -euo pipefail
umask 022
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
urun=${URUN:-$root/bin/urun}
work=$(mktemp -d "${TMPDIR:-/tmp}/urun-seed.XXXXXX")
chmod 755 "$work" # the container's other users pass through it

finish() {
    local status=$? job
    for job in $(jobs -p); do kill "$job" 2>/dev/null || true; done
    wait 2>/dev/null || true
    # What subordinate ids own can be removed only from inside the map.
    rm -rf "$work" 2>/dev/null || "$urun" unshare rm -rf "$work" || true
    exit "$status"
}
trap finish EXIT

say() { printf '\n%s\n' "$*"; }
lack() { echo "cannot be shown here: $*" >&2; exit 77; }
die() { echo "FAILED: $*" >&2; exit 1; }

shown() { local text=${2//$'\n'/ }; printf '  %-44s %s\n' "$1:" "${text:0:120}"; }
# is WHAT GOT WANT; isnot WHAT GOT UNWANTED
is() { [ "$2" = "$3" ] || die "$1: got '$2', want '$3'"; shown "$1" "$2"; }
isnot() { [ "$2" != "$3" ] || die "$1: got '$2'"; shown "$1" "$2"; }
# has WHAT TEXT WORD: a line of the text matches the extended regular expression
has() { grep -Eq -- "$3" <<<"$2" || die "$1: no line matches '$3' in: $2"; shown "$1" "$(grep -Eom1 -- "($3).*" <<<"$2" | head -n1)"; }

# subordinate FILE: the first subordinate id of the caller in /etc/subuid or /etc/subgid
subordinate() { awk -F: -v n="$(id -un)" -v u="$(id -u)" '$1==n || $1==u { print $2; exit }' "$1"; }
need_range() {
    command -v newuidmap >/dev/null || lack "newuidmap is not installed (Debian: uidmap)"
    [ -n "$(subordinate /etc/subuid)" ] && [ -n "$(subordinate /etc/subgid)" ] || lack "$(id -un) has no line in /etc/subuid and /etc/subgid"
}

# busybox_rootfs DIR: with the probe in it
busybox_rootfs() {
    command -v busybox >/dev/null || lack "busybox is not installed (Debian: busybox-static)"
    "$root/hack/rootfs/busybox" "$1"
    build_probe
    cp "$probe" "$1/bin/probe"
}
build_probe() {
    probe=${PROBE:-$work/probe}
    [ -x "$probe" ] || (cd "$root" && CGO_ENABLED=0 go build -buildvcs=false -o "$probe" ./test/probe)
}
# debian_rootfs DIR: Debian with the owners its packages gave the files
debian_rootfs() {
    need_range
    command -v mmdebstrap >/dev/null || lack "mmdebstrap is not installed"
    "$root/hack/rootfs/debian" "$root/build/debian.tar"
    mkdir -p "$1"
    "$urun" unshare tar -xf "$root/build/debian.tar" -C "$1" --exclude='./dev/*'
}

# background COMMAND...: start it, wait for the line "ready" that probe sleep prints
background() {
    "$@" >"$work/ready" &
    for _ in $(seq 100); do
        ! grep -q ready "$work/ready" || return 0
        sleep 0.05
    done
    die "did not start: $*"
}
# outside_pid WORD: the pid, as the host sees it, of the newest process with this word as an argument of its own
outside_pid() { pgrep -n -f "^probe sleep $1\$" || die "no process 'probe sleep $1' is seen from outside"; }
