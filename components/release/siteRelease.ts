import * as pulumi from "@pulumi/pulumi";
import { endOf, hostProgram } from "../../files/host/program.ts";
import { bundleOf } from "../../files/release/bundle.ts";
import { install, quoted } from "../../files/release/shellWords.ts";
import type { Secrets } from "../../files/site/secrets.ts";
import type { Site } from "../../files/site/site.ts";
import type { Host } from "../host/host.ts";

/** The stack's only site. */
export const SITE = "site";

/** Name of the command that is a release: it is in the state of every stack, and looked for there. */
export const releaseName = (site: string): string => `${site}-release`;
/** The same of the command that takes the site down. */
export const setupName = (site: string): string => `${site}-setup`;

export interface SiteReleaseArgs {
  /** Machine the site runs on. */
  host: Host;
  /** Which services run. */
  site: Site;
  /** What is secret in their files. */
  secrets: { [Name in keyof Secrets]: pulumi.Input<Secrets[Name]> };
}

/**
 * The site, running on its host. Three commands: a secret in the text of the release would hide its whole difference from
 * `pulumi preview --diff`, and so travels apart. What they do is files/host/site_apply/.
 */
export class SiteRelease extends pulumi.ComponentResource {
  constructor(name: string, args: SiteReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:SiteRelease", name, {}, opts);
    const { host, site } = args;
    const script = `${host.layout.root}/bin/site-apply`;
    // By a shell, because a file system may be mounted so that it runs no programs.
    const apply = (words: string) => `sh ${quoted(script)} ${words}`;
    const program = hostProgram();
    const installed = install(script, endOf(program));
    const bundle = pulumi.output(args.secrets).apply((secrets) => bundleOf(site, secrets));

    const setup = host.command(
      setupName(name),
      {
        create: `${installed} && ${apply("machine")}`,
        // Taking the site down belongs to the first command: it is in the state even when the release never got there. It brings
        // the script along, in case the folder was moved or removed.
        delete: `${installed}; ${apply(`down ${site.name}`)}`,
        stdin: program,
      },
      { parent: this },
    );
    const secrets = host.command(
      `${name}-secrets`,
      { create: apply("secrets"), stdin: pulumi.secret(bundle.secrets), shown: false },
      { parent: this, dependsOn: setup },
    );
    host.command(
      releaseName(name),
      // The bundle is made with secrets, and holds nothing of them but folder names keyed by one.
      { create: apply("release"), stdin: pulumi.unsecret(bundle.release) },
      { parent: this, dependsOn: secrets },
    );

    this.registerOutputs();
  }
}
