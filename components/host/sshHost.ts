import * as pulumi from "@pulumi/pulumi";
import type { HostLayout } from "../../files/site/hostLayout.ts";
import type { Host, HostCommandArgs } from "./host.ts";
import { type Machine, provision, remoteCommand, remoteLayout } from "./remoteHost.ts";
import { sshLine } from "./sshLine.ts";

export interface SshHostArgs {
  /** Name or address that it is reached by. */
  host: string;
  /** Port of its SSH server. */
  port: number;
  /** root, or a user who may sudo without a password. */
  user: string;
  /** Private key that it lets in, in OpenSSH's or PEM form. Secret. */
  privateKey: pulumi.Input<string>;
  /** Its public host key, `ssh-ed25519 AAAA...`. */
  hostKey: string;
  /** IPv4 address that the site's names lead to. */
  address: string;
  /** Whether browsers trust the site's certificate as they trust any. */
  trusted: boolean;
}

/** It is there: a wrong key has to be given up before sshd shuts us out for it, and answers with nothing any more. */
const EXPECTED = { dialErrorLimit: 2, perDialTimeout: 10 };

/** A Debian or Ubuntu machine that one already has. It stays when the stack is destroyed; the site on it goes. */
export class SshHost extends pulumi.ComponentResource implements Host {
  readonly layout: HostLayout;
  readonly address: pulumi.Output<string>;
  readonly ssh: pulumi.Output<string>;
  private readonly machine: Machine;
  private readonly ready: pulumi.Resource;

  constructor(name: string, args: SshHostArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:SshHost", name, { ...args, privateKey: pulumi.secret(args.privateKey) }, opts);
    const { host, port, user, privateKey, hostKey } = args;
    this.layout = remoteLayout(args.trusted);
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
