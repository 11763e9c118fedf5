/**
 * The Pulumi program of sshState.test.ts: the release of a site on a machine reached by SSH, and the resource that
 * checks it.
 */

import { Command } from "@pulumi/command/remote/command.js";

// The program runs in a separate folder, far from the components.
const { readStackState } = await import(`${process.env.COMPONENTS}/preflight/stackState.ts`);
const { formerMachineOf, releaseKeyOf } = await import(`${process.env.COMPONENTS}/preflight/orphanedHost.ts`);

const former = formerMachineOf(await readStackState(), releaseKeyOf("site"));
export const found = former ? `${former.user}@${former.host}:${former.port} ${former.hostKey}` : "none";

// Without a command, it opens no connection.
new Command("site-release", {
  connection: { host: "203.0.113.7", user: "ann", privateKey: "a key", hostKey: "ssh-ed25519 AAAA" },
});
