// Pulumi's provider for Kubernetes, made of its module's own packages. The module has a main package, too, but without a
// file that its build generates.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

//go:embed schema.json
var schema []byte

func main() { provider.Serve("kubernetes", version.Version, schema, []byte("{}")) }
