import { keysOf } from "../host/gcpVm.ts";
import { LOCAL_COMMAND, REMOTE_COMMAND } from "../host/remoteHost.ts";
import { cloudName, composeProject, stackFolder } from "../names.ts";
import { SITE, setupName } from "../release/siteRelease.ts";
import type { Made } from "./stackState.ts";

/** The names of a stack and of its project. */
export interface StackNames {
  project: string;
  stack: string;
}

/** A site as the stack last made it, on this machine or on one of the user's own. */
interface FormerSite {
  /** The Compose project. */
  name: string;
  /** The folder below `.state`; absent where the site is on another machine. */
  folder?: string;
}

/**
 * Why a stack cannot go on under its present names, in words that end in what to do; undefined where they are those that its site
 * was made with. Without this, a second site would be started beside the first one, with no data.
 *
 * @param host name of the stack's host
 */
export function renamedStack(made: Made, now: StackNames, host: string): string | undefined {
  return renamedVm(made, now, host) ?? renamedSite(made, now);
}

function renamedVm(made: Made, { project, stack }: StackNames, host: string): string | undefined {
  const name = made[keysOf(host).vm]?.name;
  const called = cloudName(project, stack);
  if (typeof name !== "string" || name === called) return undefined;
  const former = name.startsWith(`${project}-`) ? name.slice(project.length + 1) : "organization/PROJECT/STACK";
  return `The stack's VM and disks are named ${name}; as ${called}, Pulumi would replace them all, with the work on them. Give stack and project their earlier names:\n    pulumi stack rename ${former}`;
}

function renamedSite(made: Made, { project, stack }: StackNames): string | undefined {
  const former = formerSite(made);
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

/** Read off the command that takes the site down, which is in the state of every stack but those with a VM. */
function formerSite(made: Made): FormerSite | undefined {
  const commands = [LOCAL_COMMAND, REMOTE_COMMAND].map((type) => made[`${type}::${setupName(SITE)}`]?.delete);
  const [command] = commands.filter((each) => typeof each === "string");
  const { folder, name } =
    /(?:\/\.state\/(?<folder>[^/]+)\/site)?\/bin\/site-apply\S* down (?<name>[a-z0-9][a-z0-9_-]*)(?![\w.-])/.exec(
      command ?? "",
    )?.groups ?? {};
  return name === undefined ? undefined : { name, ...(folder === undefined ? {} : { folder }) };
}
