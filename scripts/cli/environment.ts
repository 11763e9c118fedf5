/**
 * The environment of everything that the scripts start: the user's, without variables that would change a run. Pure,
 * except for a check of one folder.
 */

import { statSync } from "node:fs";

type Environment = NodeJS.ProcessEnv;

/** Variables that are removed, and why. with-node removes those of Node before this program runs. */
const cleared: [names: RegExp, why: string][] = [
  [/^COMPOSE_\w+$/, "another project's files, profiles and name"],
  [/^DOCKER_DEFAULT_PLATFORM$/, "images for another CPU architecture"],
  [
    /^(GREP_OPTIONS|POSIXLY_CORRECT|TAR_OPTIONS|CDPATH)$/,
    "options that tools and shells read in addition to their own",
  ],
  [/^(TS_NODE_\w+|NODE_USE_ENV_PROXY|NODE_PATH)$/, "how another project's Node finds and runs its code"],
  [/^grpc_proxy$/, "Pulumi and its plugins speak gRPC on this machine only"],
  [
    // Kept: where a stack's state is and what opens it, which stack is meant, and plugins that are already running.
    /^PULUMI_(?!(STACK|BACKEND_URL|ACCESS_TOKEN|CONFIG_PASSPHRASE(_FILE)?|SELF_MANAGED_STATE_\w+|DEBUG_PROVIDERS)$)/,
    "flags of the CLI, and settings of another project's program",
  ],
];

/** The same for the stack `local`, whose state, key and name belong to this checkout. */
const clearedForLocal = /^PULUMI_(STACK|BACKEND_URL|ACCESS_TOKEN|CONFIG_PASSPHRASE(_FILE)?|SELF_MANAGED_STATE_\w+)$/;

/** Requests to this machine use no proxy. */
const loopback = ["localhost", "127.0.0.1", "::1"];
const noProxy = /^no_(grpc_)?proxy$/i;

/** The environment for everything that the scripts start. */
export function ownEnvironment(users: Environment, isFolder: (path: string) => boolean = isFolderHere): Environment {
  const own = Object.entries(users).filter(
    ([name, value]) =>
      !cleared.some(([names]) => names.test(name)) &&
      !noProxy.test(name) &&
      // Some programs fail if the folder for temporary files does not exist; without the variable, they use the
      // system's.
      !(name === "TMPDIR" && !isFolder(value ?? "")),
  );
  const reachedDirectly = Object.entries(users).flatMap(([name, value]) =>
    noProxy.test(name) ? (value ?? "").split(/[\s,]+/) : [],
  );
  const list = [...new Set([...reachedDirectly, ...loopback])].filter(Boolean).join(",");
  // Some programs read one of them, some the other.
  return { ...Object.fromEntries(own), NO_PROXY: list, no_proxy: list };
}

/** Returns an environment without another project's stack. */
export function withoutOtherStack(users: Environment): Environment {
  return Object.fromEntries(
    Object.keys(users)
      .filter((name) => clearedForLocal.test(name))
      .map((name) => [name, undefined]),
  );
}

/** Replaces this process's environment with that of its children. */
export function useOwnEnvironment(): void {
  const own = ownEnvironment(process.env);
  for (const name of Object.keys(process.env)) if (!(name in own)) delete process.env[name];
  Object.assign(process.env, own);
}

function isFolderHere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
