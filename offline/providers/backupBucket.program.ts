/** The Pulumi program of backupBucket.test.ts: the bucket of a stack's backups, in a component. */

import * as gcp from "@pulumi/gcp/provider.js";
import * as pulumi from "@pulumi/pulumi";

const { createBackupBucket } = await import(`${process.env.COMPONENTS}/host/gcpBackupBucket.ts`);

const provider = new gcp.Provider("gcp", { project: "my-project", region: "us-central1", zone: "us-central1-a" });
const host = new pulumi.ComponentResource("jupyter-up:index:GcpVm", "host", {}, { providers: { gcp: provider } });
const args = { bucket: "my-project-lab-backup", accountId: "backup-lab", zone: "us-central1-a" };
export const credential = createBackupBucket("host", args, host);
