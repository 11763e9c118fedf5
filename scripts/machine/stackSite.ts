import type { Boost } from "../../components/host/gcpBoost.ts";
import { PlainError } from "../cli/plainError.ts";
import { stackOutputs } from "../pulumi/engine.ts";
import { cliEnvironment, localStack, usersConfig } from "../pulumi/localStack.ts";
import { withOtherStack } from "../pulumi/otherStack.ts";
import { findPulumiCli, type PulumiCli } from "../pulumi/pulumiCli.ts";
import { targetOf } from "../pulumi/site.ts";
import { inspectMachine, preparePulumi } from "./prepare.ts";
import { isInstalled, type SiteProgram, siteProgram } from "./siteProgram.ts";

/** Outputs of a stack whose site is on another machine. */
export interface Remote {
  /** The command that opens a shell on the machine. */
  ssh: string;
  /** URL of JupyterLab. */
  url: string;
  /** Address of the first user of the built-in sign-in. */
  user: string | undefined;
  /** The stack's own certificate authority, PEM. */
  certificateAuthority: string | undefined;
  /** What gives its VM a bigger machine type for some hours. */
  boost?: Boost | undefined;
}

/** The site of a stack, and how it is reached. */
export interface StackSite {
  stack: string;
  /** Whether it runs on this machine. */
  isHere: boolean;
  program: SiteProgram;
  /** How it is reached by SSH; absent for a site on this machine. */
  remote?: Remote;
  /** The CLI that told its outputs; absent for a site on this machine. */
  cli?: PulumiCli;
  /** Variables for the program's command line. */
  env: NodeJS.ProcessEnv;
}

/** Finds the site of a stack. Throws PlainError if it has none. */
export async function siteOf(stack: string): Promise<StackSite> {
  if (targetOf(await usersConfig(stack)) === "local") {
    if (!isInstalled(stack)) throw noSite(stack);
    return { stack, isHere: true, program: siteProgram(stack, undefined), env: {} };
  }
  const cli = (await findPulumiCli()) ?? (await preparePulumi(await inspectMachine()));
  return withOtherStack(stack, undefined, async (own) => {
    const env = { ...cliEnvironment(cli), ...own, PULUMI_STACK: stack };
    const { ssh, url, user, certificateAuthority, boost } = (await stackOutputs(cli, env)) as Partial<Remote>;
    if (typeof ssh !== "string" || typeof url !== "string") throw noSite(stack);
    const remote = { ssh, url, user, certificateAuthority, boost };
    return { stack, isHere: false, program: siteProgram(stack, ssh), remote, cli, env };
  });
}

function noSite(stack: string): PlainError {
  const command = stack === localStack ? "npm start" : `npm run pulumi -- up -s ${stack}`;
  return new PlainError(`The stack ${stack} has no site yet.`, `Run this first: ${command}`);
}
