import { connect } from "node:net";

/** A machine whose SSH server takes a connection and never says a word: Pulumi waits for it without any limit. */

/** Milliseconds that are waited. */
export interface Waits {
  /** For the connection. */
  connection: number;
  /** For the greeting after that. */
  greeting: number;
}

const WAITS: Waits = { connection: 3000, greeting: 10_000 };

/**
 * Whether a machine accepts a TCP connection and sends no SSH greeting. False when it accepts none: Pulumi then fails by itself,
 * with the reason.
 */
export function isSilent(host: string, port = 22, { connection, greeting }: Waits = WAITS): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let timer = setTimeout(() => end(false), connection);
    const end = (silent: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(silent);
    };
    let said = "";
    socket.once("connect", () => {
      clearTimeout(timer);
      timer = setTimeout(() => end(true), greeting);
    });
    // Other lines may stand before the greeting.
    socket.on("data", (chunk) => {
      said = `${said}${chunk.toString("latin1")}`.slice(-4096);
      if (/^SSH-/m.test(said)) end(false);
    });
    socket.once("error", () => end(false)).once("close", () => end(false));
  });
}

const found = (host: string, port: number) =>
  `${host} takes connections at port ${port}, but no SSH server has answered there within ${WAITS.greeting / 1000} seconds. A machine without free memory, or with a disk that hangs, does that.`;

/** What to do about a machine that one already has. */
export function silentHost({ host, port, user }: { host: string; port: number; user: string }): string {
  return `ssh.host: ${found(host, port)} pulumi up would wait for ever. Restart the machine, and run pulumi up again. This has to answer before:\n    ssh ${port === 22 ? "" : `-p ${port} `}${user}@${host} true`;
}

/** What to do about a VM of the stack's. */
export function silentVm(address: string, vm: Record<string, unknown> | undefined): string {
  const reset = vm && `gcloud compute instances reset ${vm.name} --zone ${vm.zone} --project ${vm.project}`;
  return `${found(address, 22)} If pulumi up has to run a command on the VM, it waits for ever, and the second Ctrl-C ends it. Unless this run replaces the VM, reset it first${reset ? `:\n    ${reset}` : "."}`;
}
