import * as pulumi from "@pulumi/pulumi";
import { plainRefusal } from "../settings/plainRefusal.ts";
import type { Settings } from "../settings/schema.ts";
import { tlsOf } from "../settings/web.ts";
import { GcpVm } from "./gcpVm.ts";
import type { Host } from "./host.ts";
import { formerMachineOf, leftBehind } from "./leftBehind.ts";
import { madeSoFar } from "./madeSoFar.ts";
import { refuseDeadAgent } from "./remoteHost.ts";
import { SshHost } from "./sshHost.ts";
import { composeProject } from "./stackNames.ts";
import { ThisMachine } from "./thisMachine.ts";
import { workAtRisk, workDiskOf } from "./workAtRisk.ts";

export interface HostForArgs {
  /** IPv4 ranges that the site of a VM is let in from. */
  webFrom: pulumi.Input<string[]>;
}

/** The machine that the settings ask for. */
export async function hostFor(settings: Settings, { webFrom }: HostForArgs): Promise<Host> {
  const { target, port, httpPort, notebooks: folder } = settings;
  if (target === "local") return new ThisMachine("host", { port, httpPort, notebooks: folder });
  await refuseDeadAgent();
  const trusted = tlsOf(settings) !== "private-ca";
  if (target === "ssh") {
    const { host = "", privateKey: sealedKey, hostKey = "", address = host, ...login } = settings.ssh;
    const former = formerMachineOf(await madeSoFar());
    const warning = former && leftBehind(former, hostKey, composeProject(pulumi.getProject(), pulumi.getStack()));
    if (warning) pulumi.log.warn(warning);
    const privateKey = sealedKey?.output(pulumi.secret) ?? "";
    return new SshHost("host", { ...login, host, privateKey, hostKey, address, trusted });
  }
  const { project = "", zone, machineType, bootDiskGb, dataDiskGb, protectData, sshFrom } = settings;
  const work = workDiskOf(await madeSoFar());
  const risk = work && workAtRisk(settings, work);
  if (risk) throw plainRefusal(`Nothing was changed. ${risk}\n`);
  const dataComesFrom = work && work.sizeGb > 0 && work.zone !== zone ? work.zone : undefined;
  const disks = { bootDiskGb, dataDiskGb, protectData, dataComesFrom };
  return new GcpVm("host", { project, zone, machineType, ...disks, sshFrom, webFrom, trusted });
}
