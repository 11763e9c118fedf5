import type * as pulumi from "@pulumi/pulumi";
import type { Place } from "../files/site.ts";

/** A place where commands can be run and Docker is found. What kind of machine it is, only its own file knows. */
export interface Host {
  /** What the site has to know of this machine. */
  readonly place: Place;
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
