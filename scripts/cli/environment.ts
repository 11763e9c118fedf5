/** The environment of everything that the scripts start: the user's, without what would change a run. Pure but for one look at a folder. */

import { statSync } from "node:fs";

type Environment = NodeJS.ProcessEnv;

/** Variables that nothing gets, and why. Those of Node are taken away before this program runs: see with-node. */
const cleared: [names: RegExp, why: string][] = [
  [/^COMPOSE_\w+$/, "another project's files, profiles and name"],
  [/^DOCKER_DEFAULT_PLATFORM$/, "images for another processor"],
  [
    /^(GREP_OPTIONS|POSIXLY_CORRECT|TAR_OPTIONS|CDPATH)$/,
    "options that tools and shells read in addition to their own",
  ],
  [/^(TS_NODE_\w+|NODE_USE_ENV_PROXY|NODE_PATH)$/, "how another project's Node finds and runs its code"],
  [/^grpc_proxy$/, "Pulumi and its plugins speak gRPC on this machine only"],
  [
    // Not: where a stack's state is and what opens it, which stack is meant, and plugins that run already.
    /^PULUMI_(?!(STACK|BACKEND_URL|ACCESS_TOKEN|CONFIG_PASSPHRASE(_FILE)?|SELF_MANAGED_STATE_\w+|DEBUG_PROVIDERS)$)/,
    "flags of the CLI, and settings of another project's program",
  ],
];

/** The same, for the stack `local`, whose state, key and name are this checkout's. */
const clearedForLocal = /^PULUMI_(STACK|BACKEND_URL|ACCESS_TOKEN|CONFIG_PASSPHRASE(_FILE)?|SELF_MANAGED_STATE_\w+)$/;

/** What is asked for on this machine goes by no proxy. */
const loopback = ["localhost", "127.0.0.1", "::1"];
const noProxy = /^no_(grpc_)?proxy$/i;

/** The environment for what the scripts start. */
export function ownEnvironment(users: Environment, isFolder: (path: string) => boolean = isFolderHere): Environment {
  const own = Object.entries(users).filter(
    ([name, value]) =>
      !cleared.some(([names]) => names.test(name)) &&
      !noProxy.test(name) &&
      // Programs that find no folder for temporary files there give up; without the variable they take the system's.
      !(name === "TMPDIR" && !isFolder(value ?? "")),
  );
  const reachedDirectly = Object.entries(users).flatMap(([name, value]) =>
    noProxy.test(name) ? (value ?? "").split(/[\s,]+/) : [],
  );
  const list = [...new Set([...reachedDirectly, ...loopback])].filter(Boolean).join(",");
  // Some programs read one of them, some the other.
  return { ...Object.fromEntries(own), NO_PROXY: list, no_proxy: list };
}

/** What takes away from an environment what another project's stack has in it. */
export function withoutOtherStack(users: Environment): Environment {
  return Object.fromEntries(
    Object.keys(users)
      .filter((name) => clearedForLocal.test(name))
      .map((name) => [name, undefined]),
  );
}

/** Makes this process's environment that of what it starts. */
export function useOwnEnvironment(): void {
  const own = ownEnvironment(process.env);
  for (const name of Object.keys(process.env)) if (!(name in own)) delete process.env[name];
  Object.assign(process.env, own);
}

function isFolderHere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
