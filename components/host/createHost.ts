import * as pulumi from "@pulumi/pulumi";
import { costReport, costsOf, type DisksMade } from "../../settings/cost.ts";
import { firstUpNotice } from "../../settings/notices.ts";
import { plainRefusal } from "../../settings/plainRefusal.ts";
import type { Settings } from "../../settings/resolve.ts";
import type { Gcp } from "../../settings/target/gcp.ts";
import { composeProject } from "../names.ts";
import { workAtRisk, workDiskOf, workNotFound } from "../preflight/dataLossGuard.ts";
import { formerMachineOf, leftBehind, releaseKeyOf } from "../preflight/orphanedHost.ts";
import { renamedStack } from "../preflight/renamedStack.ts";
import { madeSoFar } from "../preflight/stackState.ts";
import { SITE } from "../release/siteRelease.ts";
import { GcpVm, keysOf } from "./gcpVm.ts";
import type { Host } from "./host.ts";
import { ThisMachine } from "./localHost.ts";
import { refuseDeadAgent } from "./remoteHost.ts";
import { greetingProblem, problemOfHost, problemOfVm } from "./sshGreeting.ts";
import { SshHost } from "./sshHost.ts";

export interface HostForArgs {
  /** IPv4 ranges that the site of a VM is let in from. */
  webFrom: pulumi.Input<string[]>;
}

/** The stack's only host. */
const HOST = "host";

/** The machine that the settings ask for. */
export async function hostFor(settings: Settings, { webFrom }: HostForArgs): Promise<Host> {
  const { target } = settings;
  const made = await madeSoFar();
  const renamed = renamedStack(made, { project: pulumi.getProject(), stack: pulumi.getStack() }, HOST);
  if (renamed) refuse(renamed);
  if (target.kind === "local") {
    const { port, httpPort, notebooks } = target;
    return new ThisMachine(HOST, { port, httpPort, notebooks });
  }
  await refuseDeadAgent();
  const trusted = settings.tls.mode !== "private-ca";
  if (target.kind === "ssh") {
    const { host, port, user, hostKey, address } = target;
    const problem = await greetingProblem(host, port);
    if (problem) refuseOrWarn(problemOfHost(problem, { host, port, user }));
    const former = formerMachineOf(made, releaseKeyOf(SITE));
    const warning = former && leftBehind(former, hostKey, composeProject(pulumi.getProject(), pulumi.getStack()));
    if (warning) pulumi.log.warn(warning);
    const privateKey = target.privateKey.output(pulumi.secret);
    return new SshHost(HOST, { host, port, user, privateKey, hostKey, address, trusted });
  }
  const { project, zone, machineType, bootDiskGb, dataDiskGb, protectData, sshFrom } = target;
  const keys = keysOf(HOST);
  const work = workDiskOf(made, keys);
  const risk = workNotFound(made, keys) ?? (work && workAtRisk(target, work));
  if (risk) refuse(risk);
  sayWhatItCosts(target, { bootGb: work?.bootGb ?? 0, dataGb: work?.sizeGb ?? 0 });
  if (!made[keys.vm] && pulumi.runtime.isDryRun()) sayHowLong(target);
  const address = made[keys.address]?.address;
  // The VM may be about to be replaced, for the very reason that it hangs.
  if (typeof address === "string" && made[keys.vm]) {
    const problem = await greetingProblem(address);
    if (problem) pulumi.log.warn(problemOfVm(problem, address, made[keys.vm]));
  }
  const dataComesFrom = work && work.sizeGb > 0 && work.zone !== zone ? work.zone : undefined;
  const disks = { bootDiskGb, dataDiskGb, protectData, dataComesFrom };
  return new GcpVm(HOST, { project, zone, machineType, ...disks, sshFrom, webFrom, trusted });
}

function sayWhatItCosts(vm: Gcp, disks: DisksMade): void {
  const costs = costsOf(vm, disks);
  const say = costs.length === 0 ? pulumi.log.info : pulumi.log.warn;
  void say(costReport(costs, vm));
}

function sayHowLong(vm: Gcp): void {
  const notice = firstUpNotice(vm);
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
