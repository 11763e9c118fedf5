import * as pulumi from "@pulumi/pulumi";
import { quoted } from "../../files/release/shellWords.ts";
import type { Login } from "./remoteHost.ts";

/**
 * A line that opens a shell on a machine, whose host key it brings along.
 * @param stack whose output `sshKey` is the key to get in with; without it, the user has that key already.
 */
export function sshLine(login: Login, stack?: string): pulumi.Output<string> {
  return pulumi
    .all([login.host, login.hostKey])
    .apply(([host, hostKey]) => sshLineOf(host, login.user, hostKey, login.port, stack));
}

export function sshLineOf(host: string, user: string, hostKey: string, port = 22, stack?: string): string {
  const file = `~/.ssh/jupyter-up-${stack}`;
  const fetchKey = `(umask 077; pulumi stack output sshKey --show-secrets --stack ${stack} >${file}) && `;
  const known = hostKey.split(" ").slice(0, 2).join(" ");
  return [
    `${stack ? fetchKey : ""}ssh`,
    ...(stack ? ["-i", file] : []),
    ...(port === 22 ? [] : ["-p", `${port}`]),
    // What ~/.ssh/known_hosts may still say of that address is of another machine.
    `-o UserKnownHostsFile=/dev/null -o ${quoted(`KnownHostsCommand=/bin/echo %H ${known}`)}`,
    `${user}@${host}`,
  ].join(" ");
}
