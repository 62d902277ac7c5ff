package main

var ownPages = []page{
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
