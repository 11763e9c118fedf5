import type * as pulumi from "@pulumi/pulumi";
import type { HostLayout } from "../../files/site/hostLayout.ts";
import type { Boost } from "./gcpBoost.ts";

/** A machine with Docker on which the stack runs commands. */
export interface Host {
  /** Its folders, ports and users. */
  readonly layout: HostLayout;
  /** IPv4 address for the site's DNS records. */
  readonly address: pulumi.Output<string>;
  /** Command that opens a shell on it; absent for the machine that `pulumi up` runs on. */
  readonly ssh?: pulumi.Output<string>;
  /** Private key for it (OpenSSH), if the stack created it. Secret. */
  readonly sshKey?: pulumi.Output<string>;
  /** Key (JSON) of the account that uses the layout's bucket. Secret. */
  readonly backupCredential?: pulumi.Output<string>;
  /** What gives it a bigger machine type for some hours; absent: nothing does. */
  readonly boost?: pulumi.Output<Boost>;
  /** Runs a command on the machine when the resource is created or changed, and another one when it is deleted. */
  command(name: string, args: HostCommandArgs, opts: pulumi.CustomResourceOptions): pulumi.Resource;
}

export interface HostCommandArgs {
  /** Shell command line. It must not contain secrets, because a failing command prints it. */
  create: string;
  /** Shell command line for the deletion. Default: nothing is run. */
  delete?: string;
  /** Standard input of `create`. Secret if the Input is. */
  stdin: pulumi.Input<string>;
  /** Whether Pulumi shows the command's output while it runs. Default: true. */
  shown?: boolean;
}
