import * as pulumi from "@pulumi/pulumi";
import { createSite } from "../components/createSite.ts";
import type { StackOutputs } from "../components/outputs.ts";
import { preflight } from "../components/preflight/preflight.ts";
import { readStackState } from "../components/preflight/stackState.ts";
import { plainRefusal } from "../settings/plainRefusal.ts";
import type { JupyterSiteArgs } from "./args.ts";
import { settingsOfArgs } from "./settingsOfArgs.ts";

/** Name of the stack's site. The engine starts a new process for each run. */
let made: string | undefined;

/**
 * A private JupyterLab behind your own single sign-on, on a VM of Google Cloud or on a machine that you have. A stack has one at most.
 */
export class JupyterSite extends pulumi.ComponentResource<StackOutputs> {
  /** URL of JupyterLab. */
  readonly url: pulumi.Output<string>;
  /** URL of the front page. */
  readonly home: pulumi.Output<string>;
  /** URL of each service. */
  readonly urls: pulumi.Output<{ [service: string]: string }>;
  /** URL to register with the identity provider. */
  readonly callbackUrl: pulumi.Output<string>;
  /** IPv4 address of the DNS records. */
  readonly address: pulumi.Output<string>;
  /** Folder of the notebooks on the machine. */
  readonly notebooks: pulumi.Output<string>;
  /** Command that opens a shell on the machine. */
  readonly ssh: pulumi.Output<string>;
  /** Private key for the machine; absent if the stack did not create it. Secret. */
  readonly sshKey: pulumi.Output<string | undefined>;
  /** Generated passwords of the built-in provider's users, by address; absent for other providers. Secret. */
  readonly passwords: pulumi.Output<{ [address: string]: string } | undefined>;
  /** Address and key for each program, by the key's name; absent without keys. Secret. */
  readonly keys: pulumi.Output<{ [name: string]: { [part: string]: string } } | undefined>;
  /** Key that opens the backup; absent without one. Secret. */
  readonly backupKey: pulumi.Output<string | undefined>;
  /** The site's own certificate authority, PEM, which browsers have to trust; absent for other certificates. */
  readonly certificateAuthority: pulumi.Output<string | undefined>;

  constructor(name: string, args: JupyterSiteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:JupyterSite", name, args, opts);
    // One promise for each output: together, all would be secret.
    const output = <Value>(key: string) =>
      pulumi.output(this.getData().then((outputs) => outputs[key])) as pulumi.Output<Value>;
    this.url = output("url");
    this.home = output("home");
    this.urls = output("urls");
    this.callbackUrl = output("callbackUrl");
    this.address = output("address");
    this.notebooks = output("notebooks");
    this.ssh = output("ssh");
    this.sshKey = output("sshKey");
    this.passwords = output("passwords");
    this.keys = output("keys");
    this.backupKey = output("backupKey");
    this.certificateAuthority = output("certificateAuthority");
  }

  /** Called by the SDK's constructor, which also waits for the result before it completes the component. */
  protected override async initialize(
    args: JupyterSiteArgs,
    _opts: pulumi.ComponentResourceOptions,
    name: string,
  ): Promise<StackOutputs> {
    made ??= name;
    if (made !== name) throw plainRefusal(onlyOne(made, name));
    const settings = await settingsOfArgs(name, args);
    return createSite(settings, await preflight(settings, readStackState()), { parent: this });
  }
}

const onlyOne = (first: string, second: string) =>
  `A stack has one JupyterSite at most, because its name is part of the site's names. This one has ${first} and ${second}. Use a separate stack for the other one.`;
