import { keysOf } from "../host/gcpVm.ts";
import { LOCAL_COMMAND, REMOTE_COMMAND } from "../host/remoteHost.ts";
import { cloudName, composeProject, stackFolder } from "../names.ts";
import { SITE, setupName } from "../release/siteRelease.ts";
import type { StackState } from "./stackState.ts";

/** The names of a stack and of its project. */
export interface StackNames {
  project: string;
  stack: string;
}

/** A site as the stack last released it, on this machine or on a machine of the user. */
interface FormerSite {
  /** The Compose project. */
  name: string;
  /** The folder below `.state`; absent if the site is on another machine. */
  folder?: string;
}

/**
 * The message if the stack or its project was renamed since its last release. Without this check, the update would start
 * a second site without data beside the first one.
 *
 * @param host name of the stack's host
 */
export function renamedStack(state: StackState, now: StackNames, host: string): string | undefined {
  return renamedVm(state, now, host) ?? renamedSite(state, now);
}

function renamedVm(state: StackState, { project, stack }: StackNames, host: string): string | undefined {
  const name = state[keysOf(host).vm]?.name;
  const called = cloudName(project, stack);
  if (typeof name !== "string" || name === called) return undefined;
  const former = name.startsWith(`${project}-`) ? name.slice(project.length + 1) : "organization/PROJECT/STACK";
  return `The stack's VM and disks are named ${name}; as ${called}, Pulumi would replace them all and lose your work. Rename the stack or the project back:\n    pulumi stack rename ${former}`;
}

function renamedSite(state: StackState, { project, stack }: StackNames): string | undefined {
  const former = formerSite(state);
  const name = composeProject(project, stack);
  if (!former || former.name === name) return undefined;
  const folder = stackFolder(stack);
  const moved = former.folder && former.folder !== folder ? [`mv .state/${former.folder} .state/${folder}`] : [];
  const commands = ["pulumi destroy --target '**SiteRelease**' --yes", ...moved, "pulumi up"];
  return [
    `The stack's site runs as ${former.name} and would become ${name}: the stack or its project was renamed. Take the site down first; its data and passwords stay:`,
    ...commands.map((command) => `    ${command}`),
  ].join("\n");
}

/** Reads the site from the command that takes it down. Every stack without a VM has that command in its state. */
function formerSite(state: StackState): FormerSite | undefined {
  const commands = [LOCAL_COMMAND, REMOTE_COMMAND].map((type) => state[`${type}::${setupName(SITE)}`]?.delete);
  const [command] = commands.filter((each) => typeof each === "string");
  const { folder, name } =
    /(?:\/\.state\/(?<folder>[^/]+)\/site)?\/bin\/site-apply\S* down (?<name>[a-z0-9][a-z0-9_-]*)(?![\w.-])/.exec(
      command ?? "",
    )?.groups ?? {};
  return name === undefined ? undefined : { name, ...(folder === undefined ? {} : { folder }) };
}
