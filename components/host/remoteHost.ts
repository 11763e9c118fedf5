import { Command } from "@pulumi/command/remote/command.js";
import * as pulumi from "@pulumi/pulumi";
import { provisionProgram } from "../../files/host/provision.ts";
import { install, quoted } from "../../files/release/shellWords.ts";
import type { HostLayout } from "../../files/site/hostLayout.ts";
import type { Ports } from "../../settings/resolve.ts";
import { DATA, ROOT } from "../../settings/target/folders.ts";
import type { HostCommandArgs } from "./host.ts";

/** Shared code of the machines reached by SSH. */

/** SSH login of a machine. */
export interface Login {
  /** Host name or IPv4 address. */
  host: pulumi.Input<string>;
  /** Default: 22. */
  port?: number;
  user: string;
  /** Private key in OpenSSH or PEM format. Secret. */
  privateKey: pulumi.Input<string>;
  /** The machine's public host key, `ssh-ed25519 AAAA...`. */
  hostKey: pulumi.Input<string>;
}

/** Resource types of remote and local commands. */
export const REMOTE_COMMAND = "command:remote:Command";
export const LOCAL_COMMAND = "command:local:Command";

/**
 * How often Pulumi tries to connect. The pause after each try grows by half, from 0.1 to 5 seconds. Every error counts,
 * and `customTimeouts` do not end a try.
 */
export interface Patience {
  /** Number of failed tries after which one last try follows. */
  dialErrorLimit: number;
  /** Time limit for the TCP connection, in seconds. The SSH handshake has no limit; see sshGreeting.ts. */
  perDialTimeout: number;
}

/** Long enough for a restart: Pulumi gives up after 26 seconds if connections are refused, and 54 if packets are dropped. */
const RESTARTING: Patience = { dialErrorLimit: 13, perDialTimeout: 2 };

/**
 * The layout of a site on a remote machine, which serves the public internet.
 * @param forwarded ports of a site that only an SSH forward reaches.
 */
export function remoteLayout(trusted: boolean, forwarded?: Ports): HostLayout {
  return {
    root: ROOT,
    data: DATA,
    notebooks: `${DATA}/notebooks`,
    address: forwarded ? "127.0.0.1" : "0.0.0.0",
    httpsPort: forwarded?.port ?? 443,
    httpPort: forwarded?.httpPort ?? 80,
    public: trusted && !forwarded,
    systemd: true,
  };
}

/** A machine for remote commands. */
export interface Machine {
  login: Login;
  /** Its resource: when it is recreated, the commands run again. Absent for the user's own machine. */
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
      // A deleted machine needs no clean-up. The old machine's deletion command must not run on the new machine, which has
      // the same address.
      ...(args.delete && !resource ? { delete: asRoot(args.delete) } : {}),
      stdin: args.stdin,
      logging: args.shown === false ? "none" : "stdoutAndStderr",
      addPreviousOutputInEnv: false,
    },
    // A recreated machine keeps its address, so without this no command would run on it.
    pulumi.mergeOptions(opts, resource ? { deletedWith: resource, replaceWith: [resource] } : {}),
  );
}

/** A disk of the machine. */
export interface HostDisk {
  /** `/dev/disk/by-id/google-data` */
  device: string;
  sizeGb: number;
}

/** The command that prepares a machine for the site. files/host/provision.sh explains the arguments. */
export function provision(vm?: { boot: HostDisk; data?: HostDisk | undefined; machineType: string }): HostCommandArgs {
  const script = `${ROOT}/bin/provision`;
  const wordsOf = (disk?: HostDisk) => (disk ? [disk.device, `${disk.sizeGb}`] : [quoted(""), quoted("")]);
  const words = ["sh", script, DATA, ...(vm ? [...wordsOf(vm.data), ...wordsOf(vm.boot), vm.machineType] : [])];
  return {
    create: `${install(script)} && ${words.join(" ")}`,
    stdin: provisionProgram(),
  };
}
