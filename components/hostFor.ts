import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../settings/schema.ts";
import { tlsOf } from "../settings/web.ts";
import { GcpVm } from "./gcpVm.ts";
import type { Host } from "./host.ts";
import { refuseDeadAgent } from "./remoteHost.ts";
import { SshHost } from "./sshHost.ts";
import { ThisMachine } from "./thisMachine.ts";

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
    const { host = "", privateKey = "", hostKey = "", address = host, ...login } = settings.ssh;
    return new SshHost("host", { ...login, host, privateKey, hostKey, address, trusted });
  }
  const { project = "", zone, machineType, bootDiskGb, dataDiskGb, protectData, sshFrom } = settings;
  const disks = { bootDiskGb, dataDiskGb, protectData };
  return new GcpVm("host", { project, zone, machineType, ...disks, sshFrom, webFrom, trusted });
}
