package main

var managePages = []page{
	{
		verb: "stop", group: "Manage",
		about: "Asks containers to end, with TERM or their own --stop-signal, kills those that have not ended after ten seconds or their own --stop-timeout, " +
			"and returns when all that was theirs is gone.",
		examples: []example{
			{`urun stop web`, `Ask, wait, kill.`},
			{`urun stop -t 0 web`, `Kill at once.`},
			{`urun stop --all`, `All that run, also those in the foreground.`},
		},
	},
	{
		verb: "kill", group: "Manage",
		about: "Sends a signal, KILL when none is named, to the command of containers, or with --all to each of their processes.",
		examples: []example{
			{`urun kill -s HUP web`, `Have a server read its configuration again.`},
			{`urun kill web`, `End it at once.`},
		},
	},
	{
		verb: "wait", group: "Manage",
		about: "Waits for the end of containers and prints the exit status of each. One that has ended and is kept is not waited for.",
		exit:  "0 whatever the containers' is; 125 when one is not there, or its urun was killed while it was waited for.",
		examples: []example{
			{`urun wait web`, `Its exit status, when it has one.`},
			{`urun wait --ignore web db`, `Those of two; -1 for one that there is not.`},
		},
	},
	{
		verb: "rm", group: "Manage",
		about: "Removes what is kept of containers that have ended: the record and the log. What they wrote to ROOTFS and to volumes stays.",
		examples: []example{
			{`urun rm web`, `One.`},
			{`urun rm --all`, `All that have ended.`},
			{`urun rm -f web`, `Also one that runs, which is killed first.`},
		},
	},
	{
		verb: "pause", group: "Manage",
		about: "Stops all processes of containers where they are, until urun unpause. The container needs a cgroup of its own.",
		examples: []example{
			{`urun pause web`, `It uses no CPU until urun unpause web.`},
			{`urun pause web db`, `Two at once.`},
		},
	},
	{
		verb: "unpause", group: "Manage",
		examples: []example{
			{`urun unpause web`, `It goes on where it was.`},
			{`urun unpause web db`, `Two at once.`},
		},
	},
	{
		verb: "update", group: "Manage",
		about: "Changes limits of running containers that have a cgroup of their own; max takes one away. Of each container all are changed, or none.",
		examples: []example{
			{`urun update -m 200m web`, `More memory, or less.`},
			{`urun update --cpus max --pids-limit 100 web`, `No limit on CPU time any more, another one on processes.`},
		},
	},
}
