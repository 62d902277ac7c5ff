package main

var ownPages = []page{
	{
		verb: "doctor", group: "urun itself",
		about: "Tests what this machine allows, by doing it in a process that ends at once, and says of each thing whether it is ok, degraded or blocked: what that means for " +
			"urun, how it is mended, who has to do that, and what works meanwhile. With ROOTFS it looks at that, too.",
		examples: []example{
			{`urun doctor`, `This machine, for people.`},
			{`urun doctor ./rootfs`, `And the root file system.`},
			{`urun doctor --json`, `For programs.`},
			{`urun doctor --apparmor`, `The AppArmor profile for this urun, for an administrator.`},
		},
		exit: "0 when urun ./rootfs sh will work here, also without something; 1 when it will not; 125 when the command line is wrong.",
	},
	{
		verb: "completion", group: "urun itself",
		about: "Prints what has a shell complete verbs, flags, their values and the names of containers. SHELL is bash, zsh or fish.",
		examples: []example{
			{`source <(urun completion bash)`, `In ~/.bashrc.`},
			{`source <(urun completion zsh)`, `In ~/.zshrc, behind compinit.`},
			{`urun completion fish | source`, `In ~/.config/fish/config.fish.`},
		},
	},
	{
		verb: "version", group: "urun itself",
		about: "Shows the version, what it was built from, and what this urun is for: the oldest kernel, the version of the OCI runtime specification.",
		examples: []example{
			{`urun version`, `For people.`},
			{`urun version --json`, `For programs.`},
			{`urun --version`, `One line.`},
		},
	},
	{
		verb: "help", group: "urun itself",
		about: "Shows the verbs, what one verb takes, or what a flag means and which verbs have it.",
		examples: []example{
			{`urun help`, `The verbs.`},
			{`urun help exec`, `The flags of one; urun exec --help does the same.`},
			{`urun help --memory`, `One flag, in each verb that has it.`},
		},
	},
}
