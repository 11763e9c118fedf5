import { connect } from "node:net";

/** Checks an SSH server's greeting before a command is sent, because Pulumi's own errors are late or name no cause. */

/** Time limits in milliseconds. */
export interface Waits {
  /** For the TCP connection. */
  connection: number;
  /** For the greeting after it. */
  greeting: number;
}

/** An SSH server reads its programs from the disk, which took a small VM more than ten seconds just after an upgrade of packages. */
const WAITS: Waits = { connection: 3000, greeting: 40_000 };

/**
 * Why no command can reach the machine:
 * - `silent`: the machine accepts a TCP connection but sends no SSH greeting. Pulumi would wait without limit.
 * - `shut out`: the SSH server temporarily refuses this address. OpenSSH since 9.8 does that after several failed
 *   sign-ins, by default for 15 seconds to 10 minutes (`PerSourcePenalties` in sshd_config). Pulumi only reports
 *   `handshake failed: EOF`.
 */
export type GreetingProblem = "silent" | "shut out";

/**
 * The problem with a machine's greeting; undefined if there is none, or if the machine accepts no TCP connection: then
 * Pulumi itself fails with the reason.
 */
export function greetingProblem(
  host: string,
  port = 22,
  { connection, greeting }: Waits = WAITS,
): Promise<GreetingProblem | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let timer = setTimeout(() => end(), connection);
    const end = (problem?: GreetingProblem) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(problem);
    };
    let said = "";
    socket.once("connect", () => {
      clearTimeout(timer);
      timer = setTimeout(() => end("silent"), greeting);
    });
    // Other lines may precede the greeting.
    socket.on("data", (chunk) => {
      said = `${said}${chunk.toString("latin1")}`.slice(-4096);
      if (/^SSH-/m.test(said)) end();
      else if (/^Not allowed at this time\r?$/m.test(said)) end("shut out");
    });
    socket.once("error", () => end()).once("close", () => end());
  });
}

function found(problem: GreetingProblem, host: string, port: number): string {
  return problem === "silent"
    ? `${host} accepts connections on port ${port}, but its SSH server did not answer within ${WAITS.greeting / 1000} seconds. The machine may be out of memory, or its disk may hang.`
    : `${host} temporarily refuses SSH connections from here ("Not allowed at this time"), because several sign-ins from this address have failed.`;
}

/** The message for the user's own machine. */
export function problemOfHost(
  problem: GreetingProblem,
  { host, port, user }: { host: string; port: number; user: string },
): string {
  const sentence = `ssh.host: ${found(problem, host, port)}`;
  const command = `ssh ${port === 22 ? "" : `-p ${port} `}${user}@${host} true`;
  return problem === "silent"
    ? `${sentence} pulumi up would wait forever. Restart the machine, and run pulumi up again once this answers:\n    ${command}`
    : `${sentence} Wait a minute, and run pulumi up again. If Pulumi's own sign-ins failed, set another ssh.privateKey first. To check whether it still refuses:\n    ${command}`;
}

/** The message for the stack's VM. */
export function problemOfVm(
  problem: GreetingProblem,
  address: string,
  vm: Record<string, unknown> | undefined,
): string {
  const sentence = `${found(problem, address, 22)} If pulumi up needs to run a command on the VM, it`;
  if (problem === "shut out") return `${sentence} fails. In that case, wait a minute, and run it again.`;
  const reset = vm && `gcloud compute instances reset ${vm.name} --zone ${vm.zone} --project ${vm.project}`;
  return `${sentence} waits forever; press Ctrl-C twice to end it. Unless this run replaces the VM, reset it first${reset ? `:\n    ${reset}` : "."}`;
}
