package ocispec

import "strings"

// row is what is said of some flags.
type row struct{ flags, why string }

// unsupported are the flags of "podman run" and "docker run" that urun lacks, and what to do instead.
// Not a map: a map would be filled at every start of the program.
var unsupported = []row{
	{"--detach-keys", "urun attach has it; what is started in the foreground stays there"},
	{"--conmon-pidfile", "--pidfile has the container's first process, and urun inspect shows State.SupervisorPid"},
	{"--restart --requires", "nothing of urun's runs on to restart a container; a unit of systemd's does, with Restart=always and urun in the foreground"},
	{"--sdnotify", "a unit of Type=exec runs urun in the foreground and needs no notice"},
	{"--sig-proxy", "signals that urun gets are always passed on to the command; urun attach has --no-sig-proxy"},
	{"--attach -a", "in the foreground stdin, stdout and stderr are the caller's; urun attach connects with a container in the background"},
	{"--rmi", "urun rmi removes an image"},
	{"--arch --os --variant", "write --platform OS/ARCH, such as linux/arm64"},
	{"--retry-delay", "the time between two tries grows by itself; --retry says how many there are"},
	{"--decryption-key --signature-policy", "images are taken as they are, verified against their digests; neither decrypted nor checked for signatures"},
	{"--disable-content-trust", "signatures are not looked at; leave the flag out"},
	{"--rootfs", "a directory as ROOTFS is recognised as one (./NAME always is); leave the flag out"},
	{"--no-hostname", "--volume puts a file of yours at /etc/hostname"},
	{"--hosts-file", "--add-host adds lines to /etc/hosts, --no-hosts leaves it as the rootfs has it, and --volume puts a file of yours there"},
	{"--mac-address", "the address of the device cannot be chosen"},
	{"--ip --ip6", "each container has a network of its own, with the same addresses; --net MODE:cidr=NETWORK/BITS chooses others"},
	{"--link --link-local-ip --network-alias --net-alias", "containers do not share a network by themselves; --net container:NAME joins another one's"},
	{"--memory-swappiness --kernel-memory --cpu-rt-period --cpu-rt-runtime --oom-kill-disable", "cgroup v2 has no such limit"},
	{"--cpu-count --cpu-percent", "it is for Windows; write --cpus"},
	{"--blkio-weight-device", "--io-weight is for all devices, --device-read-bps and its like for one"},
	{"--cgroup-conf", "--memory, --cpus and the other limits are what there is"},
	{"--cgroup-manager", "write --cgroup systemd or --cgroup cgroupfs"},
	{"--cgroups", "write --cgroup; --cgroup none is --cgroups disabled"},
	{"--cgroupns", "the cgroup namespace is always the container's own"},
	{"--device-cgroup-rule --gpus", "a user cannot have device rules; --device shows a device that you may use"},
	{"--privileged", "its parts are --cap-add ALL, --seccomp unconfined, --security-opt unmask=ALL and --device PATH; for containers inside write --nested"},
	{"--seccomp-policy", "write --seccomp FILE; a profile in an image is not looked at"},
	{"--personality --oom-score-adj --rdt-class", "it is not there yet"},
	{"--health-cmd --health-interval --health-log-destination --health-max-log-count --health-max-log-size --health-on-failure --health-retries --health-start-period --health-startup-cmd " +
		"--health-startup-interval --health-startup-retries --health-startup-success --health-startup-timeout --health-timeout --health-start-interval --no-healthcheck",
		"urun checks no health; the command's exit status is urun's"},
	{"--label -l --label-file --annotation", "containers have no labels; --name is what they have"},
	{"--pod --pod-id-file --volumes-from --infra-command", "there are no pods, and no container to take volumes from; repeat --volume"},
	{"--volume-driver --storage-opt", "there are no named volumes; --volume takes a directory"},
	{"--secret", "there are no secrets; --volume FILE:/run/secrets/NAME:ro shows a file"},
	{"--env-host --env-merge --unsetenv --unsetenv-all --http-proxy", "the environment is small from the start; --env NAME passes a variable on"},
	{"--hostuser --passwd --passwd-entry --group-entry", "urun does not write the rootfs's /etc/passwd and /etc/group; edit them, or put your own over them with --volume"},
	{"--umask", "the command starts with umask 0022; sh -c 'umask ...; exec ...' sets another"},
	{"--tz", "write --env TZ=NAME, or --volume /etc/localtime:/etc/localtime:ro"},
	{"--subuidname --subgidname", "the subordinate ids are yours; --uidmap and --gidmap choose among them"},
	{"--init-path", "the init is urun's own, a few hundred bytes that are in no file"},
	{"--systemd", "urun prepares nothing for a systemd inside; name the mounts it needs with --tmpfs"},
	{"--read-only-tmpfs", "--read-only mounts no tmpfs but /dev and /dev/shm; add --tmpfs /tmp where it is needed"},
	{"--preserve-fds --preserve-fd", "no descriptor but 0, 1 and 2 gets inside"},
	{"--chrootdirs --runtime --isolation --use-api-socket --module --userns-remap", "urun has nothing like it"},
}

// Unsupported tells what to do instead of a flag of podman, docker, bwrap(1) or unshare(1) that urun lacks. The flag has its
// dashes: "-d", "--detach".
func Unsupported(flag string) (why string, known bool) {
	if why, known = find(unsupported, flag); known {
		return why, true
	}
	return find(sandboxes, flag)
}

func find(table []row, flag string) (why string, known bool) {
	for _, row := range table {
		for name := range strings.FieldsSeq(row.flags) {
			if name == flag {
				return row.why, true
			}
		}
	}
	return "", false
}
