package main

var imagePages = []page{
	{
		verb: "pull", group: "Images",
		about: "Fetches images into your store and prints their ids. IMAGE is a name as alpine, quay.io/fedora/fedora:42 or NAME@sha256:DIGEST, or where the image is: " +
			"docker://NAME, oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE, or a tarball of a root file system. Each byte is verified before it is used, and what an " +
			"interrupted pull has fetched is not fetched again.",
		examples: []example{
			{`urun pull alpine`, `docker.io/library/alpine:latest.`},
			{`urun pull --platform linux/arm64 quay.io/fedora/fedora:42`, `Of another kind of machine.`},
			{`urun pull --all-tags localhost:5000/mine`, `All there is of a repository.`},
			{`urun pull oci-archive:mine.tar`, `Out of a file.`},
		},
	},
	{
		verb: "push", group: "Images",
		about: "Sends an image of your store to a registry under its own name, or to DESTINATION: another name, docker://NAME, oci:DIR, oci-archive:FILE or docker-archive:FILE. " +
			"Layers that the registry has are not sent.",
		examples: []example{
			{`urun push registry.example.com/me/mine:1`, `Where its name says.`},
			{`urun push mine registry.example.com/me/mine:1`, `Under another name.`},
			{`urun push mine oci:layout`, `Into a directory, for skopeo or buildah.`},
		},
	},
	{
		verb: "images", group: "Images",
		about: "Lists the images of your store, all, or those that IMAGE names: a name, also without registry and tag, or a pattern with * in it. An image is listed once for each of its names.",
		examples: []example{
			{`urun images`, `All of them.`},
			{`urun images --filter dangling=true -q`, `The ids of those that have no name any more.`},
			{`urun images --format '{{.Repository}}:{{.Tag}} {{.Size}}' --sort size`, `What you want to see of them.`},
			{`urun images --json`, `For programs.`},
		},
	},
	{
		verb: "rmi", group: "Images",
		about: "Takes a name from an image, and removes the image with its last one. An image of which a container runs stays. What containers wrote to volumes stays as well.",
		examples: []example{
			{`urun rmi mine`, `One.`},
			{`urun rmi --ignore mine other`, `Those of two that there are.`},
			{`urun rmi --all`, `All of them.`},
		},
	},
	{
		verb: "tag", group: "Images",
		about: "Gives an image more names. One without a registry becomes localhost/NAME, one without a tag NAME:latest. An image that had the name before loses it, and is removed by urun prune.",
		examples: []example{
			{`urun tag mine other`, `localhost/other:latest.`},
			{`urun tag mine registry.example.com/me/mine:1`, `A name that urun push understands.`},
		},
	},
	{
		verb: "untag", group: "Images",
		about: "Takes names from an image, all without a NAME. The image stays, until urun prune when it has none left.",
		examples: []example{
			{`urun untag mine`, `All its names.`},
			{`urun untag mine localhost/mine`, `One of them.`},
		},
	},
	{
		verb: "save", group: "Images",
		about: "Writes images to one archive, for urun load, podman load, docker load or skopeo.",
		examples: []example{
			{`urun save -o mine.tar mine`, `A docker-archive.`},
			{`urun save --format oci-archive mine | gzip >mine.tar.gz`, `An OCI archive, compressed.`},
			{`urun save --format oci-dir -o layout mine`, `A directory with OCI's image layout.`},
		},
	},
	{
		verb: "load", group: "Images",
		about: "Puts the images of an archive into your store and prints their names. It may be one of docker save or podman save, an OCI archive, or a directory with OCI's image layout.",
		examples: []example{
			{`urun load -i mine.tar`, `Out of a file.`},
			{`gunzip <mine.tar.gz | urun load -q`, `Out of standard input; an archive may be compressed as well.`},
		},
	},
	{
		verb: "history", group: "Images",
		about: "Shows how an image was made, the last step first, and how much each has added.",
		examples: []example{
			{`urun history mine`, `For people.`},
			{`urun history --no-trunc --format '{{.CreatedBy}}' mine`, `The whole commands.`},
		},
	},
	{
		verb: "prune", group: "Images",
		about: "Removes images that have no name, layers that belong to no image, and what interrupted pulls and killed containers have left. It asks first. " +
			"What is in use stays.",
		examples: []example{
			{`urun prune`, `Ask, then collect.`},
			{`urun prune --all --force`, `Also images with a name of which no container runs.`},
			{`urun prune --force --blobs`, `Keep all images, in half of the space.`},
		},
	},
}
