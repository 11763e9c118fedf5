/** Breaks every rule of the policy pack. */

import { DnsRecord } from "@pulumi/cloudflare/dnsRecord.js";
import { Command as LocalCommand } from "@pulumi/command/local/command.js";
import { Command as RemoteCommand } from "@pulumi/command/remote/command.js";
import { Firewall } from "@pulumi/gcp/compute/firewall.js";
import { Instance } from "@pulumi/gcp/compute/instance.js";
import { ResourcePolicy } from "@pulumi/gcp/compute/resourcePolicy.js";
import { IAMCustomRole } from "@pulumi/gcp/projects/iamcustomRole.js";
import { Bucket } from "@pulumi/gcp/storage/bucket.js";
import { BucketIAMMember } from "@pulumi/gcp/storage/bucketIAMMember.js";
import * as pulumi from "@pulumi/pulumi";

new Firewall("firewall", {
  network: "default",
  allows: [{ protocol: "tcp", ports: ["22", "8888"] }],
  sourceRanges: ["0.0.0.0/0"],
});
const vm = new Instance("vm", {
  zone: "us-central1-a",
  machineType: "e2-micro",
  bootDisk: { initializeParams: { image: "debian-cloud/debian-13" } },
  networkInterfaces: [{ network: "default", accessConfigs: [{}] }],
});
new ResourcePolicy("snapshots", {
  region: "us-central1",
  snapshotSchedulePolicy: { schedule: { dailySchedule: { daysInCycle: 1, startTime: "05:00" } } },
});
const bucket = new Bucket("bucket", { name: "open", location: "US-CENTRAL1" });
new BucketIAMMember("access", { bucket: bucket.name, role: "roles/storage.objectUser", member: "allUsers" });
new IAMCustomRole("role", { roleId: "role", title: "A role", permissions: ["compute.instances.setMetadata"] });
new RemoteCommand("remote", {
  connection: { host: "203.0.113.7", user: "root", password: pulumi.secret("sesame") },
  create: pulumi.secret("echo sesame"),
});
new LocalCommand("local", { create: "true", environment: { TOKEN: "sesame", MACHINE: vm.selfLink } });
/** Not the class of the npm package, which has a version. */
class Password extends pulumi.CustomResource {
  constructor() {
    super("random:index/randomPassword:RandomPassword", "password", { length: 16 });
  }
}
new Password();
new DnsRecord("record", {
  zoneId: "0".repeat(32),
  name: "jupyter.example.com",
  type: "A",
  content: "203.0.113.7",
  proxied: true,
  ttl: 1,
});
