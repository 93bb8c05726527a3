// What the generators leave to the publisher of an SDK: where it lives, and what it needs there.
package main

import (
	"bytes"
	"fmt"
	"path"
	"runtime/debug"

	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"golang.org/x/mod/modfile"
)

// The TypeScript SDK is a subpath of our npm package and compiled with it. A package.json of its own would say
// "pulumi": {"resource": true} inside node_modules, and the CLI would fetch the plugin for every program, those with the
// dynamic classes included. So the version that it takes from there is written in place.
func asSubpath(generated files, pkg *schema.Package) (files, error) {
	for _, name := range []string{"package.json", "tsconfig.json", "README.md", ".gitignore"} {
		delete(generated, name)
	}
	return generated, replaceOnce(generated, "utilities.ts", "require('./package.json').version", fmt.Sprintf("%q", pkg.Version))
}

// pyproject.toml names a README.md beside it, and pip refuses a project without it.
func withReadme(generated files, pkg *schema.Package) (files, error) {
	var inner string
	for name := range generated {
		if path.Base(name) == "README.md" {
			inner = name
		}
	}
	if inner == "" {
		return nil, fmt.Errorf("no README.md was generated for %s", pkg.Name)
	}
	generated["README.md"] = generated[inner]
	delete(generated, inner)
	return generated, nil
}

// The generator's go.mod asks for a release of Pulumi's SDK that the Go module proxy does not serve; the one that this
// generator is built with it does.
func withGoMod(generated files) (files, error) {
	const sdk = "github.com/pulumi/pulumi/sdk/v3"
	mod, err := modfile.Parse("go.mod", generated["go.mod"], nil)
	if err != nil {
		return nil, err
	}
	version, err := versionOf(sdk)
	if err != nil {
		return nil, err
	}
	if err := mod.AddRequire(sdk, version); err != nil {
		return nil, err
	}
	generated["go.mod"], err = mod.Format()
	return generated, err
}

func versionOf(module string) (string, error) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", fmt.Errorf("this program was built without module information")
	}
	for _, dependency := range info.Deps {
		if dependency.Path == module {
			return dependency.Version, nil
		}
	}
	return "", fmt.Errorf("this program does not depend on %s", module)
}

func replaceOnce(generated files, name, old, replacement string) error {
	if bytes.Count(generated[name], []byte(old)) != 1 {
		return fmt.Errorf("%s: expected %q once", name, old)
	}
	generated[name] = bytes.Replace(generated[name], []byte(old), []byte(replacement), 1)
	return nil
}
