import { ROOT } from "../../settings/target/folders.ts";
import { REMOTE_COMMAND } from "../host/remoteHost.ts";
import { sshLineOf } from "../host/sshLine.ts";
import { releaseName } from "../release/siteRelease.ts";
import type { StackState } from "./stackState.ts";

/** A machine that the site was released to, with its host key. */
export interface FormerMachine {
  host: string;
  port?: number;
  user: string;
  hostKey: string;
}

/** Key of a site's release in `StackState`, if it went to a machine over SSH. */
export const releaseKeyOf = (site: string): string => `${REMOTE_COMMAND}::${releaseName(site)}`;

/**
 * The machine of the last successful release, read from the stack's state; undefined before the first one.
 * @param release key of the release
 */
export function formerMachineOf(state: StackState, release: string): FormerMachine | undefined {
  const machine = state[release]?.connection as Partial<FormerMachine> | undefined;
  // Without its host key, it cannot be told from the new machine.
  if (typeof machine?.host !== "string" || typeof machine.hostKey !== "string") return undefined;
  return { user: "root", ...machine } as FormerMachine;
}

/**
 * Warns that the site still runs on a machine that is no longer in the settings, with the command that takes it down.
 * The program cannot do that itself: the former machine may be gone, or may be the same one with a new key.
 *
 * @param project Compose project of the site
 */
export function orphanedHost(former: FormerMachine, hostKey: string, project: string): string | undefined {
  if (former.hostKey === hostKey) return undefined;
  const login = sshLineOf(former.host, former.user, former.hostKey, former.port);
  return `ssh.hostKey: the site has run on a machine with another host key. If that is a different machine, not this one reinstalled, the site still runs there for its former users, and its notebooks are there, too. This takes it down:\n    ${login} sudo sh ${ROOT}/bin/site-apply down ${project}`;
}
