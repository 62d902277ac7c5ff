package main

var lookPages = []page{
	{
		verb: "ps", group: "Look",
		about: "Lists containers, in the foreground and in the background, the newest first; those that have ended and are kept with --all.",
		examples: []example{
			{`urun ps -a`, `All of them.`},
			{`urun ps --filter status=exited --format '{{.Names}} {{.ExitCode}}'`, `How those that have ended did so.`},
			{`urun ps -aq`, `Their ids, for another command.`},
			{`urun ps --json`, `For programs.`},
		},
	},
	{
		verb: "logs", group: "Look",
		about: "Prints what a container in the background has written, its standard error on stderr. One that has ended and is kept has its log as well.",
		examples: []example{
			{`urun logs web`, `All of it.`},
			{`urun logs -f --tail 20 web`, `The last lines, and what is written from now on.`},
			{`urun logs --since 10m -t web`, `The last ten minutes, with times.`},
		},
	},
	{
		verb: "top", group: "Look",
		about: "Shows the processes of a container, as they see themselves. COLUMN is a name such as pid, args or rss, and hpid for " +
			"the host's number; urun-top(1) has them all.",
		examples: []example{
			{`urun top web`, `All processes.`},
			{`urun top web pid,hpid,rss,args`, `With the host's number of each, and its memory in KiB.`},
		},
	},
	{
		verb: "tree", group: "Look",
		about: "Draws running containers as a tree, all without an argument: the user namespaces and which ids they map, the containers in them, and of each " +
			"its namespaces, processes, mounts, cgroup and network.",
		examples: []example{
			{`urun tree`, `All that run.`},
			{`urun tree web`, `One.`},
			{`urun tree --json web`, `The same, for programs.`},
		},
	},
	{
		verb: "stats", group: "Look",
		about: "Shows what running containers use, again each second: memory, CPU, processes, block devices, and the share of time in which something waited. " +
			"They need a cgroup of their own, which a limit gives them, or the background where your systemd answers.",
		examples: []example{
			{`urun stats`, `All of them, until Ctrl-C.`},
			{`urun stats --no-stream web`, `One, once.`},
			{`urun stats --no-stream --json`, `For programs.`},
		},
	},
	{
		verb: "inspect", group: "Look",
		about: "Shows all that is known of containers, those that run and those that are kept, and of images, as a JSON array, or with --format a line for each.",
		examples: []example{
			{`urun inspect web`, `Everything, as JSON.`},
			{`urun inspect -f '{{.State.Pid}} {{.Config.Hostname}}' web`, `Two fields of it.`},
			{`urun inspect -f '{{json .NetworkSettings}}' web`, `One part, as JSON.`},
			{`urun inspect --type image -f '{{.Digest}} {{json .Config}}' mine`, `Of an image.`},
		},
	},
	{
		verb: "port", group: "Look",
		about: "Shows the published ports of a running container, a line for each, or where one of them is published.",
		examples: []example{
			{`urun port web`, `All: 80/tcp -> 0.0.0.0:8080.`},
			{`urun port web 80`, `The host's side of one.`},
		},
	},
}
