import { REMOTE_COMMAND, ROOT } from "../host/remoteHost.ts";
import { sshLineOf } from "../host/sshLine.ts";
import { releaseName } from "../release/siteRelease.ts";
import type { Made } from "./stackState.ts";

/** A machine that the site was released on, and what it proves itself by. */
export interface FormerMachine {
  host: string;
  port?: number;
  user: string;
  hostKey: string;
}

/** Where the release of a site is found in `madeSoFar`, if it went to a machine that is reached by SSH. */
export const releaseKeyOf = (site: string): string => `${REMOTE_COMMAND}::${releaseName(site)}`;

/**
 * The machine of the last release that succeeded, read off what the stack has made so far; undefined before the first.
 * @param release key of the release
 */
export function formerMachineOf(made: Made, release: string): FormerMachine | undefined {
  const machine = made[release]?.connection as Partial<FormerMachine> | undefined;
  // A machine that cannot be told from the new one cannot be spoken of.
  if (typeof machine?.host !== "string" || typeof machine.hostKey !== "string") return undefined;
  return { user: "root", ...machine } as FormerMachine;
}

/**
 * The site that still runs on a machine that the settings no longer name, and the command that ends it. No more can be done from
 * here: the former machine may be gone, or be this one with a new key.
 *
 * @param project Compose's name for the site
 */
export function leftBehind(former: FormerMachine, hostKey: string, project: string): string | undefined {
  if (former.hostKey === hostKey) return undefined;
  const login = sshLineOf(former.host, former.user, former.hostKey, former.port);
  return `ssh.hostKey: so far the site has run on a machine with another host key. If that is another machine, and not this one set up anew, it runs on there, for the people who were on its list; its notebooks stay there, too. This takes it down:\n    ${login} sudo sh ${ROOT}/bin/site-apply down ${project}`;
}
