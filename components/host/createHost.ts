import * as pulumi from "@pulumi/pulumi";
import { costReport, costsOf, type DisksMade } from "../../settings/cost.ts";
import { firstUpNotice } from "../../settings/notices.ts";
import { plainRefusal } from "../../settings/plainRefusal.ts";
import type { Settings } from "../../settings/schema.ts";
import { tlsOf } from "../../settings/web.ts";
import { accountName, cloudName, composeProject, stackFolder } from "../names.ts";
import { workAtRisk, workDiskOf, workNotFound } from "../preflight/dataLossGuard.ts";
import { formerMachineOf, leftBehind, releaseKeyOf } from "../preflight/orphanedHost.ts";
import { renamedStack } from "../preflight/renamedStack.ts";
import { madeSoFar } from "../preflight/stackState.ts";
import { SITE } from "../release/siteRelease.ts";
import { gcpProvider } from "./gcpProvider.ts";
import { GcpVm, type GcpVmTransform, keysOf } from "./gcpVm.ts";
import type { Host } from "./host.ts";
import { ThisMachine } from "./localHost.ts";
import { refuseDeadAgent } from "./remoteHost.ts";
import { greetingProblem, problemOfHost, problemOfVm } from "./sshGreeting.ts";
import { SshHost } from "./sshHost.ts";

export interface HostForArgs {
  /** IPv4 ranges that the site of a VM is let in from. */
  webFrom: pulumi.Input<string[]>;
  /** Changes to resources of a VM that no setting is for. Default: none. */
  transform?: GcpVmTransform;
}

/** The stack's only host. */
const HOST = "host";
/** Label of everything that the stack makes at Google, for bills and searches: `jupyter-up=jupyter-up-dev`. */
const LABEL = "jupyter-up";

/** The machine that the settings ask for. */
export async function hostFor(settings: Settings, { webFrom, transform }: HostForArgs): Promise<Host> {
  const { target, port, httpPort, notebooks } = settings;
  const made = await madeSoFar();
  const [projectName, stack] = [pulumi.getProject(), pulumi.getStack()];
  const renamed = renamedStack(made, { project: projectName, stack }, HOST);
  if (renamed) refuse(renamed);
  if (target === "local") return new ThisMachine(HOST, { folder: stackFolder(stack), port, httpPort, notebooks });
  await refuseDeadAgent();
  const trusted = tlsOf(settings) !== "private-ca";
  if (target === "ssh") {
    const { host = "", privateKey: sealedKey, hostKey = "", address = host, ...login } = settings.ssh;
    const problem = await greetingProblem(host, login.port);
    if (problem) refuseOrWarn(problemOfHost(problem, { host, ...login }));
    const former = formerMachineOf(made, releaseKeyOf(SITE));
    const warning = former && leftBehind(former, hostKey, composeProject(projectName, stack));
    if (warning) pulumi.log.warn(warning);
    const privateKey = sealedKey?.output(pulumi.secret) ?? "";
    return new SshHost(HOST, { ...login, host, privateKey, hostKey, address, trusted });
  }
  const { project = "", zone, machineType, bootDiskGb, dataDiskGb, protectData, sshFrom } = settings;
  const keys = keysOf(HOST);
  const work = workDiskOf(made, keys);
  const risk = workNotFound(made, keys) ?? (work && workAtRisk(settings, work));
  if (risk) refuse(risk);
  sayWhatItCosts(settings, { bootGb: work?.bootGb ?? 0, dataGb: work?.sizeGb ?? 0 });
  if (!made[keys.vm] && pulumi.runtime.isDryRun()) sayHowLong(settings);
  const address = made[keys.address]?.address;
  // The VM may be about to be replaced, for the very reason that it hangs.
  if (typeof address === "string" && made[keys.vm]) {
    const problem = await greetingProblem(address);
    if (problem) pulumi.log.warn(problemOfVm(problem, address, made[keys.vm]));
  }
  const dataComesFrom = work && work.sizeGb > 0 && work.zone !== zone ? work.zone : undefined;
  const disks = { bootDiskGb, dataDiskGb, protectData, dataComesFrom };
  const called = cloudName(projectName, stack);
  const provider = gcpProvider("gcp", { project, zone, labels: { [LABEL]: called } });
  return new GcpVm(
    HOST,
    {
      ...{ called, accountId: accountName(projectName, stack), stack },
      ...{ zone, machineType, ...disks, sshFrom, webFrom, trusted, transform },
    },
    { providers: { gcp: provider } },
  );
}

function sayWhatItCosts(settings: Settings, disks: DisksMade): void {
  const costs = costsOf(settings, disks);
  const say = costs.length === 0 ? pulumi.log.info : pulumi.log.warn;
  void say(costReport(costs, settings));
}

function sayHowLong(settings: Settings): void {
  const notice = firstUpNotice(settings);
  if (notice) void pulumi.log.info(notice);
}

/** A preview contacts no machine, so it can be had in spite of what an update cannot be. */
function refuseOrWarn(sentence: string): void {
  if (!pulumi.runtime.isDryRun()) refuse(sentence);
  pulumi.log.warn(sentence);
}

function refuse(sentence: string): never {
  throw plainRefusal(`Nothing was changed. ${sentence}\n`);
}
