import { join } from "node:path";
import { Command } from "@pulumi/command/local/command.js";
import * as pulumi from "@pulumi/pulumi";
import { quoted } from "../../files/release/shellWords.ts";
import type { HostLayout } from "../../files/site/hostLayout.ts";
import { defaultFolder } from "../../settings/destination.ts";
import { localPath } from "../../settings/jupyter/notebooks.ts";
import type { Host, HostCommandArgs } from "./host.ts";

export interface ThisMachineArgs {
  /** Name of the site's folder below `.state` of the checkout: `local`. Each folder has its own database. */
  folder: string;
  /** HTTPS port on the loopback address. */
  port: number;
  /** Plain HTTP port on the loopback address. */
  httpPort: number;
  /** Folder of the notebooks: absolute, below `~`, or relative to the checkout. */
  notebooks: string;
}

/** The machine that `pulumi up` runs on. Its ports are published on the loopback address only. */
export class ThisMachine extends pulumi.ComponentResource implements Host {
  readonly layout: HostLayout;
  readonly address: pulumi.Output<string>;

  constructor(name: string, args: ThisMachineArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:ThisMachine", name, args, opts);
    this.layout = localLayout(process, args);
    this.address = pulumi.output(this.layout.address);
    this.registerOutputs({ notebooks: this.layout.notebooks });
  }

  command(name: string, args: HostCommandArgs, opts: pulumi.CustomResourceOptions): pulumi.Resource {
    return new Command(
      name,
      {
        create: survivingCtrlC(args.create),
        ...(args.delete ? { delete: survivingCtrlC(args.delete) } : {}),
        stdin: args.stdin,
        logging: args.shown === false ? "none" : "stdoutAndStderr",
        addPreviousOutputInEnv: false,
      },
      opts,
    );
  }
}

/**
 * A command line that finishes its work after Ctrl-C. The first Ctrl-C kills only the shell of a local command, so the
 * work runs in the background. The second one ends Pulumi, which interrupts the process group of its plugins. `trap` does
 * not protect `docker compose` from that, so the work gets its own process group: by setsid on Linux, by perl on macOS.
 * Standard input is passed by number, because a shell gives background processes an empty one.
 */
function survivingCtrlC(command: string): string {
  const group = `if command -v setsid >/dev/null; then set -- setsid; elif command -v perl >/dev/null; then set -- perl -e 'setpgrp; exec @ARGV'; else set --; fi`;
  return `${group}; exec 3<&0; "$@" sh -c ${quoted(command)} <&3 & wait $!`;
}

/** Facts about the current process. */
export interface ProcessFacts {
  platform: string;
  getuid?(): number;
}

/** The layout of a site on this machine: everything is below `.state` of the checkout, except the notebooks. */
export function localLayout(process: ProcessFacts, { folder, port, httpPort, notebooks }: ThisMachineArgs): HostLayout {
  const uid = process.getuid?.() ?? 0;
  // Root can change the owner of files, and Docker on a Mac shows each file as owned by the user who reads it.
  const ownFiles = uid !== 0 && process.platform !== "darwin";
  return {
    root: localPath(`.state/${folder}/site`),
    data: localPath(`.state/${folder}/data`),
    notebooks: localPath(notebooks),
    backup: join(defaultFolder(), folder),
    address: "127.0.0.1",
    httpsPort: port,
    httpPort,
    public: false,
    // npm start does not need root, and macOS has no systemd.
    systemd: false,
    ...(ownFiles ? { uid } : {}),
  };
}
