import * as pulumi from "@pulumi/pulumi";
import { quoted } from "../../files/release/shellWords.ts";
import type { Login } from "./remoteHost.ts";

/**
 * A command that opens a shell on a machine and checks its host key.
 * @param stack stack whose output `sshKey` is the private key. Default: the user has the key already.
 */
export function sshLine(login: Login, stack?: string): pulumi.Output<string> {
  return pulumi
    .all([login.host, login.hostKey])
    .apply(([host, hostKey]) => sshLineOf(host, login.user, hostKey, login.port, stack));
}

export function sshLineOf(host: string, user: string, hostKey: string, port = 22, stack?: string): string {
  const file = `~/.ssh/jupyter-up-${stack}`;
  const fetchKey = `(umask 077; mkdir -p ~/.ssh; pulumi stack output sshKey --show-secrets --stack ${stack} >${file}) && `;
  const known = hostKey.split(" ").slice(0, 2).join(" ");
  return [
    `${stack ? fetchKey : ""}ssh`,
    ...(stack ? ["-i", file] : []),
    ...(port === 22 ? [] : ["-p", `${port}`]),
    // ~/.ssh/known_hosts may have the key of an older machine with this address.
    `-o UserKnownHostsFile=/dev/null -o ${quoted(`KnownHostsCommand=/bin/echo %H ${known}`)}`,
    `${user}@${host}`,
  ].join(" ");
}
