import { connect } from "node:net";

/** What an SSH server says first. It is looked at before a command is sent, as Pulumi's own errors come late or name no cause. */

/** Milliseconds that are waited. */
export interface Waits {
  /** For the connection. */
  connection: number;
  /** For the greeting after that. */
  greeting: number;
}

const WAITS: Waits = { connection: 3000, greeting: 10_000 };

/**
 * Why no command will get through:
 * - `silent`: the machine accepts a TCP connection and sends no SSH greeting. Pulumi waits for it without any limit.
 * - `shut out`: its SSH server accepts nothing from this address for now. OpenSSH since 9.8 does so after several failed sign-ins, by
 *   default for 15 seconds to 10 minutes (`PerSourcePenalties` in sshd_config). To Pulumi that is `handshake failed: EOF`.
 */
export type GreetingProblem = "silent" | "shut out";

/**
 * The problem with the greeting of a machine; undefined where there is none. So is it where the machine accepts no TCP connection:
 * Pulumi then fails by itself, with the reason.
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
    // Other lines may stand before the greeting.
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
    ? `${host} takes connections at port ${port}, but no SSH server has answered there within ${WAITS.greeting / 1000} seconds. A machine without free memory, or with a disk that hangs, does that.`
    : `${host} accepts no SSH connection from here for now ("Not allowed at this time"): several sign-ins from this address have failed.`;
}

/** What to do about a machine that one already has. */
export function problemOfHost(
  problem: GreetingProblem,
  { host, port, user }: { host: string; port: number; user: string },
): string {
  const sentence = `ssh.host: ${found(problem, host, port)}`;
  const command = `ssh ${port === 22 ? "" : `-p ${port} `}${user}@${host} true`;
  return problem === "silent"
    ? `${sentence} pulumi up would wait for ever. Restart the machine, and run pulumi up again. This has to answer before:\n    ${command}`
    : `${sentence} Wait a minute, and run pulumi up again. If the sign-ins that failed were Pulumi's, set another ssh.privateKey first. To see how long it lasts:\n    ${command}`;
}

/** What to do about a VM of the stack's. */
export function problemOfVm(
  problem: GreetingProblem,
  address: string,
  vm: Record<string, unknown> | undefined,
): string {
  const sentence = `${found(problem, address, 22)} If pulumi up has to run a command on the VM, it`;
  if (problem === "shut out") return `${sentence} fails. Then wait a minute, and run it again.`;
  const reset = vm && `gcloud compute instances reset ${vm.name} --zone ${vm.zone} --project ${vm.project}`;
  return `${sentence} waits for ever, and the second Ctrl-C ends it. Unless this run replaces the VM, reset it first${reset ? `:\n    ${reset}` : "."}`;
}
