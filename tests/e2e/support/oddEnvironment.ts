import { mkdir, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "../../support/command.ts";

/** A folder name in which each character has a meaning for some program. */
export const oddName = "C# 100% mine? %41 ü [x] a:b&c;d'\"$e,f";

const nowhere = "http://127.0.0.1:9";

/** The environment of a user with other projects: variables, and settings of Docker's client. */
export async function oddEnvironment(folder: string): Promise<Record<string, string>> {
  const docker = join(folder, "docker");
  await mkdir(docker, { recursive: true });
  await symlink(await pluginsFolder(), join(docker, "cli-plugins"));
  await writeFile(
    join(docker, "config.json"),
    JSON.stringify({
      // BusyBox has no proxy exceptions, and Vouch has its own; pip needs a direct connection.
      proxies: { default: { httpProxy: nowhere, httpsProxy: nowhere, noProxy: "*" } },
      credsStore: "no-such-helper",
      ...{ psFormat: "x", imagesFormat: "x", networksFormat: "x", detachKeys: "a" },
    }),
  );
  return {
    DOCKER_CONFIG: docker,
    ...{ DOCKER_DEFAULT_PLATFORM: "linux/s390x", COMPOSE_FILE: "/no/such/compose.yaml", COMPOSE_PROFILES: "check" },
    ...{
      http_proxy: nowhere,
      https_proxy: nowhere,
      HTTP_PROXY: nowhere,
      HTTPS_PROXY: nowhere,
    },
    ...{ NODE_ENV: "production", NODE_OPTIONS: "--no-experimental-strip-types" },
    ...{ PULUMI_BACKEND_URL: "file:///no/such/state", PULUMI_CONFIG_PASSPHRASE: "another", PULUMI_ACCESS_TOKEN: "x" },
    ...{ PULUMI_HOME: "/no/such/home", PULUMI_OPTION_TARGET: "x", PULUMI_OPTION_EXPECT_NO_CHANGES: "true" },
    ...{ LC_ALL: "tr_TR.UTF-8", TZ: "Asia/Kathmandu", CDPATH: "/usr:/tmp", TMPDIR: "/dev/null/folder" },
    ...{ GREP_OPTIONS: "--color=always", POSIXLY_CORRECT: "1", TAR_OPTIONS: "--no-such-option" },
  };
}

/** The path of the user's own Compose plugin. */
async function pluginsFolder(): Promise<string> {
  const path = '{{range .ClientInfo.Plugins}}{{if eq .Name "compose"}}{{.Path}}{{end}}{{end}}';
  const { output } = await run("docker", ["info", "--format", path]);
  return output.trim().replace(/\/[^/]*$/, "") || join(homedir(), ".docker/cli-plugins");
}
