import * as pulumi from "@pulumi/pulumi";
import { endOf, hostProgram } from "../../files/host/program.ts";
import { bundleOf } from "../../files/release/bundle.ts";
import { install, quoted } from "../../files/release/shellWords.ts";
import type { Secrets } from "../../files/site/secrets.ts";
import type { Site } from "../../files/site/site.ts";
import type { Host } from "../host/host.ts";
import { rollbackWords } from "./rollback.ts";

/** Name of the stack's only site. */
export const SITE = "site";

/** Resource name of the release command, by which the state is searched. */
export const releaseName = (site: string): string => `${site}-release`;
/** Resource name of the set-up command, which takes the site down when it is deleted. */
export const setupName = (site: string): string => `${site}-setup`;

export interface SiteReleaseArgs {
  /** Machine on which the site runs. */
  host: Host;
  /** The services to run. */
  site: Site;
  /** The secrets in their files. */
  secrets: { [Name in keyof Secrets]: pulumi.Input<Secrets[Name]> };
  /** An earlier release, kept on the machine, that runs instead of the site. Default: none. */
  rollbackTo?: string | undefined;
}

/** Read and compressed when this module is loaded, because the engine lists the stack's resources meanwhile. */
const program = hostProgram();

/**
 * The site on its host, as three commands, which run files/host/site_apply/. Secrets have a separate command, because a
 * secret in the release would hide the whole diff from `pulumi preview --diff`.
 */
export class SiteRelease extends pulumi.ComponentResource {
  constructor(name: string, args: SiteReleaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:SiteRelease", name, {}, opts);
    const { host, site, rollbackTo } = args;
    const script = `${host.layout.root}/bin/site-apply`;
    // `sh`, because the file system may be mounted with noexec.
    const apply = (words: string) => `sh ${quoted(script)} ${words}`;
    const installed = install(script, endOf(program));
    const bundle = pulumi.output(args.secrets).apply((secrets) => bundleOf(site, secrets));

    const setup = host.command(
      setupName(name),
      {
        create: `${installed} && ${apply("machine")}`,
        // The first command takes the site down, because it is in the state even if the release failed. It installs the
        // script again, in case the folder was moved or removed.
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
    // The bundle depends on secrets, but contains only folder names made with a secret key.
    const release = { create: apply("release"), stdin: pulumi.unsecret(bundle.release) };
    // The state then says what runs, so the next update releases the site again. Should the rollback fail, it is deleted from the
    // state already, and the next update releases the site, too.
    const rollback = rollbackTo && { create: apply(rollbackWords(rollbackTo)), stdin: "" };
    host.command(releaseName(name), rollback || release, {
      parent: this,
      dependsOn: secrets,
      ...(rollback ? { deleteBeforeReplace: true } : {}),
    });

    this.registerOutputs();
  }
}
