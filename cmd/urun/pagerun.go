package main

var runPages = []page{
	{
		verb: "run", group: "Run",
		about: "Runs CMD, or what the image or a shell would do, as a container. ROOTFS is an image (alpine, quay.io/fedora/fedora:42, oci:DIR, oci-archive:FILE, docker-archive:FILE, ./rootfs.tar.gz), " +
			"a directory that is a root file system, or / for the host's own root. ./NAME, /NAME and a directory that is there are never images. An image is fetched when your store does not have " +
			"it, and nothing is written to it: what the command writes is gone with the container. You are root inside, and outside nothing changes about who you are. Flags end at ROOTFS: what follows it is the command's.",
		exit: "The command's own; 128+N when signal N ended it; 125 when urun itself failed, 126 when the command cannot be executed, 127 when it was not found.",
		examples: []example{
			{`urun alpine:3.20 sh`, `A shell in an image; the word run may be left out.`},
			{`urun ./rootfs`, `A shell in the directory ./rootfs, which is written to.`},
			{`urun --read-only -v "$PWD" --deny ~/.ssh -m 4g --cpus 2 --pids-limit 500 --cap-drop ALL / ./agent`,
				`A coding agent with the host's own tools: it writes one project, sees no keys, and cannot take the machine with it.`},
			{`urun --read-only --cap-drop ALL --net none --memory 512m ./rootfs ./untrusted`, `A program that is trusted with nothing: no network, no capabilities, nothing to write to.`},
			{`urun -d --name web -p 8080:80 ./rootfs ./server`, `In the background, with a published port; urun logs web shows what it writes.`},
			{`urun --net container:web ./rootfs wget -qO- http://127.0.0.1/`, `Beside it, in its network.`},
		},
	},
	{
		verb: "exec", group: "Run",
		about: "Runs one more command in a container that runs, in the foreground or in the background, with the container's user, environment, " +
			"capabilities and limits but for what the flags say. Flags end at CONTAINER.",
		exit: "As that of urun run; with --detach 0 once the command runs.",
		examples: []example{
			{`urun exec web ps`, `A command in the container that is called web.`},
			{`urun exec -it web sh`, `A shell in it.`},
			{`urun exec -u 1000 -w /tmp -e MODE=test web id`, `As another user, elsewhere, with one more variable.`},
			{`urun exec -d web sleep 60`, `Beside the container's command until that ends.`},
		},
	},
	{
		verb: "attach", group: "Run",
		about: "Connects your terminal with a container in the background until that has ended, or you detach with Ctrl-P Ctrl-Q. What it wrote before is in " +
			"urun logs. Input reaches a container that was started with -i or -t.",
		exit: "That of the container's command; 0 to who has detached; 125 when the connection is lost.",
		examples: []example{
			{`urun attach web`, `See what it writes from now on; Ctrl-C reaches the command.`},
			{`urun attach --no-stdin --no-sig-proxy web`, `Only look: nothing that is typed gets there, and Ctrl-C ends urun attach alone.`},
			{`urun attach --detach-keys ctrl-x web`, `With another key that detaches.`},
		},
	},
	{
		verb: "unshare", group: "Run",
		about: "Runs a command as root of your own ids, without a container: all files are the host's, and those of subordinate ids are yours to read, give " +
			"away and delete. With --net it has a network of its own as well.",
		exit: "As that of urun run.",
		examples: []example{
			{`urun unshare tar -xf debian.tar -C debian --exclude='./dev/*'`, `Unpack a distribution with its owners.`},
			{`urun unshare rm -rf debian`, `Delete what belongs to subordinate ids.`},
			{`urun unshare --net sh`, `A network namespace to play in: veth pairs and bridges, without root.`},
		},
	},
}
