import * as pulumi from "@pulumi/pulumi";
import type { HostLayout } from "../../files/site/hostLayout.ts";
import type { Ports } from "../../settings/resolve.ts";
import type { Host, HostCommandArgs } from "./host.ts";
import { type Machine, provision, remoteCommand, remoteLayout } from "./remoteHost.ts";
import { sshLine } from "./sshLine.ts";

export interface SshHostArgs {
  /** Host name or address. */
  host: string;
  /** Port of its SSH server. */
  port: number;
  /** root, or a user with sudo without a password. */
  user: string;
  /** Private key in OpenSSH or PEM format. Secret. */
  privateKey: pulumi.Input<string>;
  /** Its public host key, `ssh-ed25519 AAAA...`. */
  hostKey: string;
  /** IPv4 address for the site's DNS records. */
  address: string;
  /** Whether browsers trust the site's certificate without further steps. */
  trusted: boolean;
  /** Ports of a site that only an SSH forward reaches; undefined: it is public. */
  forwarded?: Ports | undefined;
}

/** The machine is running, so a few tries are enough. With a wrong key, Pulumi must give up before sshd blocks this address. */
const EXPECTED = { dialErrorLimit: 2, perDialTimeout: 10 };

/** The user's own Debian or Ubuntu machine. Destroying the stack removes the site from it. */
export class SshHost extends pulumi.ComponentResource implements Host {
  readonly layout: HostLayout;
  readonly address: pulumi.Output<string>;
  readonly ssh: pulumi.Output<string>;
  private readonly machine: Machine;
  private readonly ready: pulumi.Resource;

  constructor(name: string, args: SshHostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:SshHost", name, { ...args, privateKey: pulumi.secret(args.privateKey) }, opts);
    const { host, port, user, privateKey, hostKey } = args;
    this.layout = remoteLayout(args.trusted, args.forwarded);
    this.address = pulumi.output(args.address);
    const login = { host, port, user, privateKey, hostKey };
    this.ssh = sshLine(login);
    this.machine = { login };
    this.ready = remoteCommand(`${name}-provision`, this.machine, provision(), { parent: this }, EXPECTED);
    this.registerOutputs({ address: this.address, ssh: this.ssh });
  }

  command(name: string, args: HostCommandArgs, opts: pulumi.CustomResourceOptions): pulumi.Resource {
    return remoteCommand(name, this.machine, args, pulumi.mergeOptions(opts, { dependsOn: this.ready }));
  }
}
