package archive

import "github.com/google/go-containerregistry/pkg/v1/types"

// What a descriptor leads to.
var (
	indexTypes    = []types.MediaType{types.OCIImageIndex, types.DockerManifestList}
	manifestTypes = []types.MediaType{types.OCIManifestSchema1, types.DockerManifestSchema2}
	configTypes   = []types.MediaType{types.OCIConfigJSON, types.DockerConfigJSON}
	layerTypes    = []types.MediaType{
		types.OCILayer, types.OCILayerZStd, types.OCIUncompressedLayer, types.OCIRestrictedLayer, types.OCIUncompressedRestrictedLayer,
		restrictedZstd,
		types.DockerLayer, types.DockerUncompressedLayer, types.DockerForeignLayer, dockerZstd,
	}
)

// Of layers compressed with zstd: docker never defined the one, and the other is deprecated; some write them.
const (
	dockerZstd     = "application/vnd.docker.image.rootfs.diff.tar.zstd"
	restrictedZstd = "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"
)
