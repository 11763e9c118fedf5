import * as pulumi from "@pulumi/pulumi";
import { hasOwnBucket } from "../../settings/backup.ts";
import type { Settings } from "../../settings/resolve.ts";
import {
  accountName,
  backupAccountName,
  boostAccountName,
  boostName,
  bucketName,
  cloudName,
  stackFolder,
} from "../names.ts";
import { gcpProvider } from "./gcpProvider.ts";
import { GcpVm, type GcpVmTransform } from "./gcpVm.ts";
import type { Host } from "./host.ts";
import { ThisMachine } from "./localHost.ts";
import { SshHost } from "./sshHost.ts";

export interface CreateHostArgs {
  /** IPv4 ranges from which the site of a VM can be reached. */
  webFrom: pulumi.Input<string[]>;
  /** Zone of the existing data disk, if the settings have another one. */
  dataComesFrom: string | undefined;
  /** Whether Google takes a snapshot of the data disk every day. */
  dailySnapshots: boolean;
  /** Changes to a VM's resources that have no setting. Default: none. */
  transform?: GcpVmTransform;
}

/** Name of the stack's only host. */
export const HOST = "host";
/** Label of all the stack's resources at Google, for bills and searches: `jupyter-up=jupyter-up-dev`. */
const LABEL = "jupyter-up";

/** Creates the host for the settings. */
export function createHost(
  { target, forwarded, tls, backup }: Settings,
  { webFrom, dataComesFrom, dailySnapshots, transform }: CreateHostArgs,
  opts?: pulumi.ComponentResourceOptions,
): Host {
  const [projectName, stack] = [pulumi.getProject(), pulumi.getStack()];
  const trusted = tls.mode !== "private-ca";
  // Drops `kind`, because the state contains a component's arguments.
  switch (target.kind) {
    case "local": {
      const { kind: _, ...args } = target;
      return new ThisMachine(HOST, { ...args, folder: stackFolder(stack) }, opts);
    }
    case "ssh": {
      const { kind: _, privateKey, ...args } = target;
      return new SshHost(HOST, { ...args, privateKey: privateKey.output(pulumi.secret), trusted, forwarded }, opts);
    }
    case "gcp": {
      const { kind: _, project, boost: hasBoost, ...args } = target;
      const called = cloudName(projectName, stack);
      const labels = { [LABEL]: called };
      const names = { called, accountId: accountName(projectName, stack), stack, labels };
      const backupBucket = hasOwnBucket(backup)
        ? {
            bucket: bucketName(project, projectName, stack),
            accountId: backupAccountName(projectName, stack),
            zone: args.zone,
          }
        : undefined;
      const boost = hasBoost
        ? { workflow: boostName(projectName, stack), accountId: boostAccountName(projectName, stack), project }
        : undefined;
      const provider = gcpProvider("gcp", { project, zone: args.zone, labels }, opts);
      return new GcpVm(
        HOST,
        {
          ...args,
          ...names,
          dailySnapshots,
          dataComesFrom,
          webFrom,
          trusted,
          forwarded,
          backupBucket,
          boost,
          transform,
        },
        pulumi.mergeOptions(opts, { providers: { gcp: provider } }),
      );
    }
  }
}
