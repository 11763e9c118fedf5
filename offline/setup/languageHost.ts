import type { GoTool } from "./goTool.ts";

const MAIN = "nodejs/cmd/pulumi-language-nodejs";

/** Pulumi's language host for Node: the newest version of the module that still contains it. It runs programs for current engines. */
export const languageHost: GoTool = {
  name: "Pulumi's language host for Node",
  module: "github.com/pulumi/pulumi/sdk/v3",
  version: "v3.68.0",
  package: `github.com/pulumi/pulumi/sdk/v3/${MAIN}`,
  changed: {
    [`${MAIN}/main.go`]: [
      // The language host's proxy of the engine passes on only the calls that it knows, and error hooks are not among them.
      // With this change, the program calls the engine directly.
      ['fmt.Sprintf("127.0.0.1:%d", handle.Port), pipes.directory())', "req.GetMonitorAddress(), pipes.directory())"],
      ['return errors.New("not supported")', "return runPlugin(req, server)"],
      // At the time of this version, the engine passed on the options of Pulumi.yaml as arguments.
      ["if host.typescript {", "if usesTypeScript(req) {"],
    ],
  },
  // At the time of this version, the engine started plugins that are Node programs without the language host. Now it names the kind
  // of a plugin and its folder in fields that this version does not know. Later versions also pass the stack's config on to policies;
  // no rule here reads it.
  rewritten: {
    [`${MAIN}/plugin.go`]: `package main

import (
	"errors"
	"os/exec"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Numbers of fields: of the requests, and of the program's information in them.
const (
	infoField             = 5
	kindField             = 6
	infoFieldOfRun        = 14
	programDirectoryField = 2
	optionsField          = 4
)

// Whether the SDK compiles the program: yes, unless Pulumi.yaml says no.
func usesTypeScript(req *pulumirpc.RunRequest) bool {
	info := field(req.ProtoReflect().GetUnknown(), infoFieldOfRun)
	options := &structpb.Struct{}
	if err := proto.Unmarshal(field(info, optionsField), options); err != nil {
		return true
	}
	option, isSet := options.Fields["typescript"]
	return !isSet || option.GetBoolValue()
}

func runPlugin(req *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer) error {
	unknown := req.ProtoReflect().GetUnknown()
	folder := string(field(field(unknown, infoField), programDirectoryField))
	var script string
	var args []string
	switch string(field(unknown, kindField)) {
	case "analyzer":
		script = "@pulumi/pulumi/cmd/run-policy-pack"
		args = append(append(args, req.Args...), folder)
	case "resource":
		script = "@pulumi/pulumi/cmd/run-plugin"
		args = append([]string{folder}, req.Args...)
	default:
		return errors.New("not supported")
	}
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	defer closer.Close()
	node, err := exec.LookPath("node")
	if err != nil {
		return err
	}
	find := exec.CommandContext(server.Context(), node, "--print", "require.resolve('"+script+"')")
	find.Dir = folder
	found, err := find.Output()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(server.Context(), node, append([]string{strings.TrimSpace(string(found))}, args...)...)
	cmd.Dir = folder
	cmd.Env = req.Env
	cmd.Stdout = stdout
	cmd.Stderr = stderr
	return cmd.Run()
}

// The bytes of a field in an encoded message.
func field(message []byte, wanted protowire.Number) []byte {
	for len(message) > 0 {
		number, kind, size := protowire.ConsumeTag(message)
		if size < 0 {
			return nil
		}
		message = message[size:]
		if number == wanted && kind == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message)
			return value
		}
		size = protowire.ConsumeFieldValue(number, kind, message)
		if size < 0 {
			return nil
		}
		message = message[size:]
	}
	return nil
}
`,
  },
};

/** Pulumi's language host for YAML, for tests of a package. */
export const languageHostForYaml: GoTool = {
  name: "Pulumi's language host for YAML",
  module: "github.com/pulumi/pulumi-yaml",
  version: "v1.25.0",
  package: "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml",
};
