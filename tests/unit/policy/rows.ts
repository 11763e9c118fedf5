import * as pulumi from "@pulumi/pulumi";
import type { Resource } from "../../support/mocks.ts";

/** A change to one resource of the program that breaks one rule of the policy pack. */
export interface Row {
  rule: string;
  /** What is wrong, in words. */
  what: string;
  /** Name of the changed resource. */
  at: string;
  change(resource: Resource): void;
  message: string;
}

/** Sets inputs. */
const inputs =
  (news: Record<string, unknown>) =>
  ({ inputs }: Resource) =>
    void Object.assign(inputs, news);
/** Changes an object among the inputs. */
const inside =
  (key: string, news: Record<string, unknown>) =>
  ({ inputs }: Resource) =>
    void Object.assign(inputs[key] as object, news);

const secret = (value: unknown) => ({
  [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig,
  value,
});
const PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----";

export const rows: Row[] = [
  {
    rule: "no-port-but-the-sites",
    what: "an open port of a service",
    at: "host-web-firewall",
    change: inputs({ allows: [{ protocol: "tcp", ports: ["443", "8888"] }] }),
    message: "It opens tcp 8888. Only tcp 443, 80 and 22 may be open: remove it. Apps are behind port 443.",
  },
  {
    rule: "no-port-but-the-sites",
    what: "a protocol with all its ports",
    at: "host-ssh-firewall",
    change: inputs({ allows: [{ protocol: "udp" }] }),
    message: "It opens udp all ports. Only tcp 443, 80 and 22 may be open: remove it. Apps are behind port 443.",
  },
  {
    rule: "no-port-but-the-sites",
    what: "a range of ports",
    at: "host-ssh-firewall",
    change: inputs({ allows: [{ protocol: "tcp", ports: ["22-80"] }] }),
    message: "It opens tcp 22-80. Only tcp 443, 80 and 22 may be open: remove it. Apps are behind port 443.",
  },
  {
    rule: "ssh-from-named-addresses",
    what: "SSH from the whole internet",
    at: "host-ssh-firewall",
    change: inputs({ sourceRanges: ["203.0.113.7/32", "0.0.0.0/0"] }),
    message:
      "It opens SSH to 0.0.0.0/0. List the addresses that you connect from: pulumi config set --path 'sshFrom[0]' 203.0.113.7/32",
  },
  {
    rule: "ssh-from-named-addresses",
    what: "SSH without source ranges, which Google reads as the whole internet",
    at: "host-ssh-firewall",
    change: ({ inputs }) => delete inputs.sourceRanges,
    message:
      "It opens SSH to 0.0.0.0/0. List the addresses that you connect from: pulumi config set --path 'sshFrom[0]' 203.0.113.7/32",
  },
  {
    rule: "firewall-for-the-vm",
    what: "a rule for the whole network",
    at: "host-ssh-firewall",
    change: ({ inputs }) => delete inputs.targetTags,
    message: "It applies to every VM of its network. Set targetTags to the tag of the VM.",
  },
  {
    rule: "own-network",
    what: "a VM in the default network",
    at: "host-vm",
    change: inputs({ networkInterfaces: [{ network: "default" }] }),
    message: "It uses the network default. Use the stack's own: createNetwork() creates it.",
  },
  {
    rule: "own-network",
    what: "a network with subnetworks everywhere",
    at: "host-network",
    change: ({ inputs }) => delete inputs.autoCreateSubnetworks,
    message: "It has a subnetwork in every region. Set autoCreateSubnetworks to false.",
  },
  {
    rule: "shielded-vm",
    what: "a VM without secure boot",
    at: "host-vm",
    change: inside("shieldedInstanceConfig", { enableSecureBoot: false }),
    message: "shieldedInstanceConfig.enableSecureBoot is false. Set it to true.",
  },
  {
    rule: "own-service-account",
    what: "Compute Engine's default account",
    at: "host-vm",
    change: inside("serviceAccount", { email: "123456-compute@developer.gserviceaccount.com" }),
    message:
      "serviceAccount.email is 123456-compute@developer.gserviceaccount.com. Set it to that of an account that the stack creates.",
  },
  {
    rule: "own-service-account",
    what: "no account, for which Google takes the default one",
    at: "host-vm",
    change: ({ inputs }) => delete (inputs.serviceAccount as Record<string, unknown>).email,
    message: "serviceAccount.email is not set. Set it to that of an account that the stack creates.",
  },
  {
    rule: "accounts-have-no-role",
    what: "a role at the whole project",
    at: "host-backup-access",
    change(resource) {
      resource.type = "gcp:projects/iAMMember:IAMMember";
      resource.inputs = { project: "my-project-123456", role: "roles/editor", member: "serviceAccount:vm@example.com" };
    },
    message: "It gives roles/editor to serviceAccount:vm@example.com. Remove it.",
  },
  {
    rule: "accounts-have-no-role",
    what: "a role that can change the bucket",
    at: "host-backup-access",
    change: inputs({ role: "roles/storage.admin", member: "serviceAccount:vm@example.com" }),
    message: "It gives roles/storage.admin to serviceAccount:vm@example.com. Remove it.",
  },
  {
    rule: "accounts-have-no-role",
    what: "a public bucket",
    at: "host-backup-access",
    change: inputs({ member: "allUsers" }),
    message: "It gives a role to allUsers. Remove it.",
  },
  {
    rule: "accounts-have-no-role",
    what: "a role at the VM that the stack did not make",
    at: "host-boost-may-change",
    change: inputs({ role: "roles/compute.instanceAdmin.v1", member: "serviceAccount:vm@example.com" }),
    message: "It gives roles/compute.instanceAdmin.v1 to serviceAccount:vm@example.com. Remove it.",
  },
  {
    rule: "accounts-have-no-role",
    what: "the role for the VM at the whole project",
    at: "host-boost-may-wait",
    change: inputs({ role: "projects/lab/roles/lab_change_abc", member: "serviceAccount:vm@example.com" }),
    message: "It gives projects/lab/roles/lab_change_abc to serviceAccount:vm@example.com. Remove it.",
  },
  {
    rule: "own-roles-are-small",
    what: "a permission that opens the VM",
    at: "host-boost-change",
    change: inputs({ permissions: ["compute.instances.get", "compute.instances.setMetadata"] }),
    message: "It contains compute.instances.setMetadata. Remove it.",
  },
  {
    rule: "ssh-keys-of-the-stack",
    what: "the project's SSH keys",
    at: "host-vm",
    change: inside("metadata", { "block-project-ssh-keys": "FALSE" }),
    message: 'metadata["block-project-ssh-keys"] is FALSE. Set it to TRUE.',
  },
  {
    rule: "ssh-keys-of-the-stack",
    what: "an open serial console",
    at: "host-vm",
    change: inside("metadata", { "serial-port-enable": "1" }),
    message: 'metadata["serial-port-enable"] is 1. Set it to FALSE.',
  },
  {
    rule: "work-is-protected",
    what: "a data disk that pulumi destroy deletes",
    at: "host-data",
    change: ({ options }) => void Object.assign(options, { protect: false }),
    message: "pulumi destroy would delete your work. To protect it: pulumi config set protectData true",
  },
  {
    rule: "work-is-protected",
    what: "a data disk without a last snapshot",
    at: "host-data",
    change: ({ inputs }) => delete inputs.createSnapshotBeforeDestroy,
    message: "pulumi destroy would delete your work. To protect it: pulumi config set protectData true",
  },
  {
    rule: "work-is-protected",
    what: "a boot disk with the work",
    at: "host-vm",
    change: inputs({ attachedDisks: [] }),
    message: "pulumi destroy would delete your work. To protect it: pulumi config set protectData true",
  },
  {
    rule: "snapshots-are-kept",
    what: "snapshots that are soon deleted",
    at: "host-snapshots",
    change: ({ inputs }) =>
      void Object.assign((inputs.snapshotSchedulePolicy as { retentionPolicy: object }).retentionPolicy, {
        maxRetentionDays: 3,
      }),
    message: "snapshotSchedulePolicy.retentionPolicy.maxRetentionDays is 3. Set it to 14 or more.",
  },
  {
    rule: "snapshots-are-kept",
    what: "snapshots that are deleted with the disk",
    at: "host-snapshots",
    change: inside("snapshotSchedulePolicy", { retentionPolicy: { maxRetentionDays: 14 } }),
    message:
      "Google deletes its snapshots with the disk. Set snapshotSchedulePolicy.retentionPolicy.onSourceDiskDelete to APPLY_RETENTION_POLICY.",
  },
  {
    rule: "has-label",
    what: "a disk of another provider, without a label",
    at: "host-data",
    change: ({ options }) => void Object.assign(options, { provider: "", version: "9.37.0" }),
    message: "It has no label jupyter-up. Set it in the defaultLabels of its provider: gcpProvider().",
  },
  {
    rule: "has-label",
    what: "a boot disk without a label",
    at: "host-vm",
    change({ inputs, options }) {
      inputs.bootDisk = { initializeParams: { image: "debian-cloud/debian-13" } };
      options.ignoreChanges = [];
    },
    message:
      "bootDisk.initializeParams.labels has no label jupyter-up. Set it there: the labels of the provider do not reach it.",
  },
  {
    rule: "has-label",
    what: "scheduled snapshots without a label",
    at: "host-snapshots",
    change({ inputs, options }) {
      Object.assign(inputs.snapshotSchedulePolicy as object, { snapshotProperties: { labels: { site: "lab" } } });
      options.ignoreChanges = [];
    },
    message:
      "snapshotSchedulePolicy.snapshotProperties.labels has no label jupyter-up. Set it there: the labels of the provider do not reach it.",
  },
  {
    rule: "bucket-is-private",
    what: "access by single objects",
    at: "host-backup-bucket",
    change: inputs({ uniformBucketLevelAccess: false }),
    message: "uniformBucketLevelAccess is false. Set it to true.",
  },
  {
    rule: "bucket-is-private",
    what: "public access that is not refused",
    at: "host-backup-bucket",
    change: ({ inputs }) => delete inputs.publicAccessPrevention,
    message: "publicAccessPrevention is not set. Set it to enforced.",
  },
  {
    rule: "bucket-keeps-deleted-objects",
    what: "deleted objects that are gone at once",
    at: "host-backup-bucket",
    change: inputs({ softDeletePolicy: { retentionDurationSeconds: 0 } }),
    message: "softDeletePolicy.retentionDurationSeconds is 0. Set it to 1209600 or more.",
  },
  {
    rule: "bucket-keeps-deleted-objects",
    what: "a bucket that is deleted with its content",
    at: "host-backup-bucket",
    change: inputs({ forceDestroy: true }),
    message: "forceDestroy deletes the backup with the bucket. Remove it.",
  },
  {
    rule: "host-key-is-pinned",
    what: "a command to any machine that answers",
    at: "host-provision",
    change: inputs({ connection: { host: "203.0.113.8", privateKey: secret(PEM) } }),
    message: "connection.hostKey is not set, so another machine could answer. Set it: ssh-keyscan shows it.",
  },
  {
    rule: "no-secret-in-a-command-line",
    what: "a secret argument",
    at: "site-release",
    change: inputs({ create: secret("site-apply release --password sesame") }),
    message: "create contains a secret. Pass it in stdin.",
  },
  {
    rule: "secrets-are-encrypted",
    what: "a private key in a readable input",
    at: "site-release",
    change: inputs({ stdin: `key: |\n${PEM}` }),
    message: "stdin is not encrypted. Pass it as pulumi.secret(), and set it with --secret.",
  },
  {
    rule: "secrets-are-encrypted",
    what: "a readable variable of a command whose name says that it is a token",
    at: "pulls-in-use",
    change: inside("environment", { CLOUDFLARE_API_TOKEN: "abc" }),
    message: "environment.CLOUDFLARE_API_TOKEN is not encrypted. Pass it as pulumi.secret(), and set it with --secret.",
  },
  {
    rule: "exact-provider-version",
    what: "a provider of any version",
    at: "host-user-key",
    change: ({ options }) => void Object.assign(options, { version: "" }),
    message:
      "Its provider has no exact version, so any installed one is used. Create it by the class of its npm package.",
  },
  {
    rule: "proxy-has-no-way-around",
    what: "a name with the machine's address",
    at: "dns-jupyter.example.com",
    change: inputs({ proxied: false }),
    message:
      "It shows the machine's address, which the records of the other names hide. Set proxied to true, or for no name: pulumi config set proxied false",
  },
  {
    rule: "proxy-has-no-way-around",
    what: "a name for which Cloudflare presents no certificate",
    at: "dns-jupyter.example.com",
    change: inputs({ name: "open.example.com" }),
    message:
      "Cloudflare presents no client certificate for open.example.com, so any customer of Cloudflare reaches the machine. Add the name to the names of OriginPulls.",
  },
  {
    rule: "proxy-has-no-way-around",
    what: "a firewall that admits the whole internet",
    at: "host-web-firewall",
    change: inputs({ sourceRanges: ["0.0.0.0/0"] }),
    message: "It opens the site to 0.0.0.0/0, past Cloudflare. Set sourceRanges to Cloudflare's ranges.",
  },
];
