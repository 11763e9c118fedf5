import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import { ownEnvironment, withoutOtherStack } from "../../../scripts/cli/environment.ts";

const loopback = "localhost,127.0.0.1,::1";
const own = (users: NodeJS.ProcessEnv) => {
  const { NO_PROXY, no_proxy, ...rest } = ownEnvironment(users, (path) => path === "/tmp");
  return rest;
};

describe("A process started by the scripts", () => {
  const foreign = [
    ...["COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES", "COMPOSE_ENV_FILES", "DOCKER_DEFAULT_PLATFORM"],
    ...["GREP_OPTIONS", "POSIXLY_CORRECT", "TAR_OPTIONS", "CDPATH"],
    ...["TS_NODE_PROJECT", "NODE_USE_ENV_PROXY", "NODE_PATH", "grpc_proxy"],
    ...[
      "PULUMI_OPTION_TARGET",
      "PULUMI_OPTION_CWD",
      "PULUMI_OPTION_PARALLEL",
      "PULUMI_NODEJS_TYPESCRIPT",
      "PULUMI_HOME",
    ],
    ...["PULUMI_CONFIG", "PULUMI_EXPERIMENTAL", "PULUMI_SKIP_CHECKPOINTS", "PULUMI_PARALLEL"],
  ];
  for (const name of foreign)
    it(`does not get ${name}`, () => {
      assert.deepEqual(own({ [name]: "x" }), {});
    });

  const users = [
    ...["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TERM", "CI", "NO_COLOR", "FORCE_COLOR", "DEBUG", "XDG_RUNTIME_DIR"],
    ...["HTTP_PROXY", "https_proxy", "NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "SSH_AUTH_SOCK"],
    ...["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "GOOGLE_CREDENTIALS", "CLOUDSDK_CORE_PROJECT"],
    ...["PULUMI_STACK", "PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE"],
    ...["PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_DEBUG_PROVIDERS"],
  ];
  for (const name of users)
    it(`gets the user's ${name}`, () => {
      assert.deepEqual(own({ [name]: "x" }), { [name]: "x" });
    });

  it("has a folder for temporary files that exists", () => {
    assert.deepEqual(own({ TMPDIR: "/tmp" }), { TMPDIR: "/tmp" });
    assert.deepEqual(own({ TMPDIR: "/dev/null/folder" }), {});
  });

  const lists: [users: NodeJS.ProcessEnv, list: string][] = [
    [{}, loopback],
    [{ no_proxy: ".corp.example, 10.0.0.0/8" }, `.corp.example,10.0.0.0/8,${loopback}`],
    [{ NO_PROXY: "a", no_proxy: "b", no_grpc_proxy: "c" }, `a,b,c,${loopback}`],
    [{ NO_PROXY: "127.0.0.1,a" }, "127.0.0.1,a,localhost,::1"],
    [{ NO_PROXY: "" }, loopback],
  ];
  for (const [variables, list] of lists)
    it(`connects to this machine without a proxy: ${JSON.stringify(variables)}`, () => {
      assert.deepEqual(ownEnvironment(variables), { NO_PROXY: list, no_proxy: list });
    });
});

describe("A command on the stack `local`", () => {
  it("gets no variables of another stack", () => {
    const users = {
      PULUMI_CONFIG_PASSPHRASE: "x",
      PULUMI_BACKEND_URL: "s3://x",
      PULUMI_ACCESS_TOKEN: "x",
      PATH: "/bin",
    };
    const gone = { PULUMI_CONFIG_PASSPHRASE: undefined, PULUMI_BACKEND_URL: undefined, PULUMI_ACCESS_TOKEN: undefined };
    assert.deepEqual(withoutOtherStack(users), gone);
  });
});
