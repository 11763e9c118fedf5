import type { Site } from "../files/site.ts";

/** Of a machine that the site was on when it was released last: how to log in to it, and what it proves itself by. */
export interface FormerMachine {
  ssh: string;
  hostKey: string;
}

/** Reads it off what the stack has made so far; undefined before the first release. */
export function formerMachineOf(made: Record<string, Record<string, unknown>>): FormerMachine | undefined {
  const { ssh, hostKey } = made["jupyter-up:index:SshHost::host"] ?? {};
  return ssh && hostKey ? { ssh: `${ssh}`, hostKey: `${hostKey}` } : undefined;
}

/**
 * What still runs on a machine that the settings no longer name, and the command that ends it. No more can be done from
 * here: the former machine may be gone, or be this one with a new key.
 */
export function leftBehind(former: FormerMachine, hostKey: string, project: Site["name"]): string | undefined {
  if (former.hostKey === hostKey) return undefined;
  return `ssh.hostKey: so far the site has run on a machine with another host key. If that is another machine, and not this one set up anew, it runs on there, for the people who were on its list. Its notebooks stay there, too. This takes it down:\n    ${former.ssh} sudo /opt/jupyter-up/bin/site-apply down ${project}`;
}
