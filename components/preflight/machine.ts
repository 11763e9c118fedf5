import * as pulumi from "@pulumi/pulumi";
import { type Backup, hasOwnBucket } from "../../settings/backup.ts";
import { costReport, costsOf } from "../../settings/cost.ts";
import { firstUpNotice } from "../../settings/notices.ts";
import type { Settings } from "../../settings/resolve.ts";
import type { Gcp } from "../../settings/target/gcp.ts";
import type { Ssh } from "../../settings/target/ssh.ts";
import { HOST } from "../host/createHost.ts";
import { keysOf } from "../host/gcpVm.ts";
import { greetingProblem, problemOfHost, problemOfVm } from "../host/sshGreeting.ts";
import { composeProject } from "../names.ts";
import { SITE } from "../release/siteRelease.ts";
import { dataLossRisk, workDiskOf, workNotFound } from "./dataLossGuard.ts";
import { type Checked, merge } from "./findings.ts";
import { formerMachineOf, orphanedHost, releaseKeyOf } from "./orphanedHost.ts";
import { deadAgent } from "./sshAgent.ts";
import type { StackState } from "./stackState.ts";

export interface MachineCheck extends Checked {
  /** Zone of the existing data disk, if the settings have another one. */
  dataComesFrom?: string | undefined;
  /** Whether Google takes a snapshot of the data disk every day. */
  dailySnapshots?: boolean;
}

/** Compares the machine in the settings with the stack's existing one. */
export async function checkMachine(
  { target, backup }: Pick<Settings, "target" | "backup">,
  pendingState: Promise<StackState>,
): Promise<MachineCheck> {
  if (target.kind === "local") return {};
  const [agent, machine] = await Promise.all([
    deadAgent(),
    target.kind === "ssh" ? checkOwnMachine(target, pendingState) : checkVm(target, backup, pendingState),
  ]);
  return { ...machine, ...merge({ issues: [agent] }, machine) };
}

async function checkOwnMachine(
  { host, port, user, hostKey }: Ssh,
  pendingState: Promise<StackState>,
): Promise<MachineCheck> {
  const [problem, state] = await Promise.all([greetingProblem(host, port), pendingState]);
  const noGreeting = problem && problemOfHost(problem, { host, port, user });
  const former = formerMachineOf(state, releaseKeyOf(SITE));
  const orphaned = former && orphanedHost(former, hostKey, composeProject(pulumi.getProject(), pulumi.getStack()));
  // A preview sends no commands to the machine, so it can go on.
  return pulumi.runtime.isDryRun()
    ? { warnings: [noGreeting, orphaned] }
    : { issues: [noGreeting], warnings: [orphaned] };
}

async function checkVm(vm: Gcp, backup: Backup, pendingState: Promise<StackState>): Promise<MachineCheck> {
  const state = await pendingState;
  const keys = keysOf(HOST);
  const work = workDiskOf(state, keys);
  const risk = workNotFound(state, keys) ?? (work && dataLossRisk(vm, work));
  const costs = costsOf(vm, { bootGb: work?.bootGb ?? 0, dataGb: work?.sizeGb ?? 0 });
  // An update of the program does not take snapshots away from a stack that relies on them.
  const dailySnapshots = vm.dataDiskGb > 0 && (vm.dailySnapshots ?? keys.snapshots in state);
  const report = costReport(costs, { snapshots: dailySnapshots, bucket: hasOwnBucket(backup) });
  // Also without a preview (--skip-preview), before the first resource.
  const isFirst = !state[keys.vm];
  return {
    issues: [risk],
    // The costs of a refused plan do not matter.
    warnings: [costs.length > 0 && !risk ? report : undefined, await noGreetingOfVm(state, keys)],
    notices: [costs.length > 0 ? undefined : report, isFirst ? firstUpNotice(vm) : undefined],
    dailySnapshots,
    dataComesFrom: work && work.sizeGb > 0 && work.zone !== vm.zone ? work.zone : undefined,
  };
}

/** Only a warning: the update may be about to replace the VM because it hangs. */
async function noGreetingOfVm(state: StackState, keys: { vm: string; address: string }): Promise<string | undefined> {
  const address = state[keys.address]?.address;
  if (typeof address !== "string" || !state[keys.vm]) return undefined;
  const problem = await greetingProblem(address);
  return problem && problemOfVm(problem, address, state[keys.vm]);
}
