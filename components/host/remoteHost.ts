import { readFileSync } from "node:fs";
import { Command } from "@pulumi/command/remote/command.js";
import * as pulumi from "@pulumi/pulumi";
import { install, quoted } from "../../files/release/shellWords.ts";
import type { HostLayout } from "../../files/site/hostLayout.ts";
import type { HostCommandArgs } from "./host.ts";

/** What the machines that are reached by SSH have in common. */

/** How a machine is reached, and what it has to prove. */
export interface Login {
  /** Name or IPv4 address. */
  host: pulumi.Input<string>;
  /** Default: 22. */
  port?: number;
  user: string;
  /** Private key in OpenSSH's or PEM form. Secret. */
  privateKey: pulumi.Input<string>;
  /** The machine's public host key, `ssh-ed25519 AAAA...`. */
  hostKey: pulumi.Input<string>;
}

/** Type of the commands of such a machine, and of those of this machine. */
export const REMOTE_COMMAND = "command:remote:Command";
export const LOCAL_COMMAND = "command:local:Command";

/**
 * How often a connection is tried. The pauses between two tries grow by half, from 0.1 seconds to 5. Every error counts alike, and
 * `customTimeouts` end no try.
 */
export interface Patience {
  /** How many tries may fail before the last one. */
  dialErrorLimit: number;
  /** Seconds for the TCP connection of a try. The SSH handshake after it has no limit: see sshGreeting.ts. */
  perDialTimeout: number;
}

/** As long as a machine takes to restart: a refused port is given up after 26 seconds, dropped packets after 54. */
const RESTARTING: Patience = { dialErrorLimit: 13, perDialTimeout: 2 };

/** Folder of the site's own files on a machine that has nothing else to do. */
export const ROOT = "/opt/jupyter-up";
/** Folder of all that outlives the site: notebooks, databases; where there is a data disk, it is mounted here. */
export const DATA = "/srv/jupyter-up";

/** Where the site lies on a machine of its own, and answers the world. */
export function remoteLayout(trusted: boolean): HostLayout {
  return {
    root: ROOT,
    data: DATA,
    notebooks: `${DATA}/notebooks`,
    address: "0.0.0.0",
    httpsPort: 443,
    httpPort: 80,
    public: trusted,
    systemd: true,
  };
}

/** A machine, as its commands know it. */
export interface Machine {
  login: Login;
  /** What its commands go away with, and are run again for when it is made anew. Absent for a machine that is not ours. */
  resource?: pulumi.Resource;
}

/** Runs a command over SSH, as root. */
export function remoteCommand(
  name: string,
  { login, resource }: Machine,
  args: HostCommandArgs,
  opts: pulumi.CustomResourceOptions,
  patience = RESTARTING,
): pulumi.Resource {
  const asRoot = (command: string) => (login.user === "root" ? command : `sudo -n sh -c ${quoted(command)}`);
  return new Command(
    name,
    {
      connection: { ...login, privateKey: pulumi.secret(login.privateKey), ...patience },
      create: asRoot(args.create),
      // With the machine goes all that is on it; and what was made on an old one is not taken away from the new one, which
      // has its address.
      ...(args.delete && !resource ? { delete: asRoot(args.delete) } : {}),
      stdin: args.stdin,
      logging: args.shown === false ? "none" : "stdoutAndStderr",
      addPreviousOutputInEnv: false,
    },
    // Its address stays when the machine is made anew: without this, nothing would be run on the new one.
    pulumi.mergeOptions(opts, resource ? { deletedWith: resource, replaceWith: [resource] } : {}),
  );
}

/** A disk as the machine knows it. */
export interface HostDisk {
  /** `/dev/disk/by-id/google-data` */
  device: string;
  sizeGb: number;
}

/** What makes a machine ready for the site. The arguments are those of files/host/provision.sh, where they are explained. */
export function provision(vm?: { boot: HostDisk; data?: HostDisk | undefined; machineType: string }): HostCommandArgs {
  const script = `${ROOT}/bin/provision`;
  const wordsOf = (disk?: HostDisk) => (disk ? [disk.device, `${disk.sizeGb}`] : [quoted(""), quoted("")]);
  const words = ["sh", script, DATA, ...(vm ? [...wordsOf(vm.data), ...wordsOf(vm.boot), vm.machineType] : [])];
  return {
    create: `${install(script)} && ${words.join(" ")}`,
    stdin: readFileSync(new URL("../../files/host/provision.sh", import.meta.url), "utf8"),
  };
}
