/** `npm run open`: the site of a stack without DNS records, on this machine's loopback address, through SSH. */

import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { projectFolder } from "./cli/folders.ts";
import { interrupted, onInterrupt } from "./cli/interruption.ts";
import { main } from "./cli/main.ts";
import { PlainError } from "./cli/plainError.ts";
import { isPortFree } from "./cli/ports.ts";
import { siteAnswers } from "./machine/frontDoor.ts";
import { type Remote, siteOf } from "./machine/stackSite.ts";
import { commandFor, type Forward, forwardFor, instructions } from "./open/forward.ts";
import { readOptions } from "./open/options.ts";
import { usersConfig } from "./pulumi/localStack.ts";
import { settingName } from "./pulumi/projectFile.ts";

/** Milliseconds until the site must answer through the forward. */
const PATIENCE = 60_000;

await main(async () => {
  const { stack, port } = readOptions(process.argv.slice(2));
  const { remote, env } = await siteOf(stack);
  if (!remote) throw new PlainError(`The site of ${stack} is on this machine already: npm start shows its address.`);
  if ((await usersConfig(stack))[settingName("dns")] !== "none")
    throw new PlainError(`The site of ${stack} has DNS records. Open its address: ${remote.url}`);
  const forward = forwardFor(stack, remote.url, port);
  if (!(await isPortFree(forward.here))) throw taken(stack, forward);
  return open(stack, remote, forward, env);
});

/** Keeps the site open until Ctrl-C. Throws PlainError if it cannot be opened, or if the connection ends. */
async function open(stack: string, remote: Remote, forward: Forward, env: NodeJS.ProcessEnv): Promise<number> {
  // In its own process group, which also has the commands before ssh.
  const child = spawn("sh", ["-c", commandFor(remote.ssh, forward)], {
    cwd: projectFolder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
  });
  const close = () => child.exitCode === null && child.pid && process.kill(-child.pid, "SIGTERM");
  const ended = new Promise<"ended">((resolve) => child.on("close", () => resolve("ended")));
  const stopListening = onInterrupt(close);
  try {
    const first = await Promise.race([ended, answers(remote, forward)]);
    if (first === "silent") {
      close();
      throw new PlainError(
        `The machine of ${stack} is reached, but its site does not answer.`,
        `See what is wrong: npm run status -- -s ${stack}`,
      );
    }
    if (first === "open") process.stdout.write(instructions(stack, remote, forward));
    await ended;
  } finally {
    stopListening();
  }
  if (interrupted.aborted) return 0;
  throw new PlainError(
    `The SSH connection to the machine of ${stack} ended. ssh says why above.`,
    "Run the command again. If it does not connect, add your address to sshFrom (curl https://ifconfig.me shows it).",
  );
}

/** Waits until the site answers through the forward. */
async function answers({ url, certificateAuthority }: Remote, { here }: Forward): Promise<"open" | "silent"> {
  const ends = performance.now() + PATIENCE;
  while (!interrupted.aborted && performance.now() < ends) {
    if (await siteAnswers(url, certificateAuthority, here)) return "open";
    await pause(500);
  }
  return "silent";
}

function taken(stack: string, { here, isFound }: Forward): PlainError {
  const another = isFound
    ? `pulumi config set port ${here + 1000} -s ${stack} && pulumi up -s ${stack}`
    : `npm run open -- -s ${stack} --port ${here + 1000}`;
  return new PlainError(
    `Port ${here} of this machine is taken, maybe by the site of npm start.`,
    `Stop that (npm stop), or use another port: ${another}`,
  );
}
