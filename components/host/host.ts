import type * as pulumi from "@pulumi/pulumi";
import type { HostLayout } from "../../files/site/hostLayout.ts";

/** A place where commands can be run and Docker is found. What kind of machine it is, only its own file knows. */
export interface Host {
  /** What the site has to know of this machine. */
  readonly layout: HostLayout;
  /** IPv4 address that the site's names lead to. */
  readonly address: pulumi.Output<string>;
  /** A line that opens a shell on it, to be pasted into a terminal. None where one is there already. */
  readonly ssh?: pulumi.Output<string>;
  /** Private key that it lets in (OpenSSH), where the stack has made it. Secret. */
  readonly sshKey?: pulumi.Output<string>;
  /** Runs a command on the machine when the resource is made or changed, and another one when it is taken away. */
  command(name: string, args: HostCommandArgs, opts: pulumi.CustomResourceOptions): pulumi.Resource;
}

export interface HostCommandArgs {
  /** Shell command line. A failing command prints it, so it holds no secret. */
  create: string;
  /** Shell command line for taking it away. Default: nothing is run. */
  delete?: string;
  /** Standard input of `create`. Secret when the Input is. */
  stdin: pulumi.Input<string>;
  /** Whether the command's output may be shown while it runs. Default: true. */
  shown?: boolean;
}
