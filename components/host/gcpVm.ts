import type { AddressArgs } from "@pulumi/gcp/compute/address.js";
import type { DiskArgs } from "@pulumi/gcp/compute/disk.js";
import { Instance, type InstanceArgs } from "@pulumi/gcp/compute/instance.js";
import { Account } from "@pulumi/gcp/serviceaccount/account.js";
import * as pulumi from "@pulumi/pulumi";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { renderTemplate } from "../../files/release/template.ts";
import type { HostLayout } from "../../files/site/hostLayout.ts";
import type { Ports } from "../../settings/resolve.ts";
import { type Transform, transformed } from "../transform.ts";
import { createBackupBucket, type GcpBackupBucketArgs } from "./gcpBackupBucket.ts";
import { type Boost, createBoost, type GcpBoostArgs } from "./gcpBoost.ts";
import { createDataDisk, snapshotsOf } from "./gcpDataDisk.ts";
import { createNetwork } from "./gcpNetwork.ts";
import type { Host, HostCommandArgs } from "./host.ts";
import { type Machine, provision, remoteCommand, remoteLayout } from "./remoteHost.ts";
import { sshLine } from "./sshLine.ts";

export interface GcpVmArgs {
  /**
   * Name of the VM at Google, and prefix of the names of all other resources: `jupyter-up-dev`. Another name replaces
   * the VM and the disk.
   */
  called: string;
  /** Name of the VM's service account, 30 characters at most. */
  accountId: string;
  /**
   * Labels of the boot disk and of scheduled snapshots, which the provider's default labels do not reach:
   * `{ "jupyter-up": "jupyter-up-dev" }`. An existing boot disk or schedule keeps its own.
   */
  labels: Record<string, string>;
  /** Stack whose output `sshKey` is the private key of the VM. The command that opens a shell on the VM contains it. */
  stack: string;
  /** `us-central1-a`; the region follows from it. */
  zone: string;
  /** `e2-micro`. A change stops and starts the VM. */
  machineType: string;
  /** Size of the boot disk in GB. It grows in place. */
  bootDiskGb: number;
  /** Size of the disk of notebooks, databases and images in GB. 0: they are on the boot disk. It grows in place. */
  dataDiskGb: number;
  /** Whether to refuse to delete or replace the disk with the users' work. */
  protectData: boolean;
  /** Whether Google takes a snapshot of the data disk every day. */
  dailySnapshots: boolean;
  /** Zone of the existing data disk, if `zone` is another one. The disk is then copied from there. */
  dataComesFrom?: string | undefined;
  /** IPv4 ranges from which SSH is allowed, `203.0.113.7/32`. */
  sshFrom: string[];
  /** IPv4 ranges from which the site can be reached: `0.0.0.0/0`, or those of a proxy in front of it. */
  webFrom: pulumi.Input<string[]>;
  /** Whether browsers trust the site's certificate without further steps. */
  trusted: boolean;
  /** Ports of a site that only an SSH forward reaches, which needs no firewall rule; undefined: it is public. */
  forwarded?: Ports | undefined;
  /** The bucket for backups; absent: they go elsewhere. */
  backupBucket?: GcpBackupBucketArgs | undefined;
  /** What gives it a bigger machine type for some hours; absent: nothing does. */
  boost?: GcpBoostArgs | undefined;
  /** Changes to single resources. */
  transform?: GcpVmTransform | undefined;
}

/** Changes to the VM's resources for which there is no setting. */
export interface GcpVmTransform {
  instance?: Transform<InstanceArgs>;
  /** The data disk. */
  disk?: Transform<DiskArgs>;
  address?: Transform<AddressArgs>;
}

/**
 * Keys of the VM, the disk with the users' work and the address in `StackState`. These names are in the state of every
 * existing stack. If they changed, Pulumi would replace the VM and the disk.
 */
export function keysOf(name: string): { vm: string; dataDisk: string; address: string; snapshots: string } {
  const { vm, dataDisk, address } = namesOf(name);
  return {
    vm: `gcp:compute/instance:Instance::${vm}`,
    dataDisk: `gcp:compute/disk:Disk::${dataDisk}`,
    address: `gcp:compute/address:Address::${address}`,
    snapshots: `gcp:compute/resourcePolicy:ResourcePolicy::${snapshotsOf(name)}`,
  };
}

const namesOf = (name: string) => ({ vm: `${name}-vm`, dataDisk: `${name}-data`, address: `${name}-address` });

const USER = "jupyter-up";
const IMAGE = "debian-cloud/debian-13";
const DEVICE = "data";
/** Google's default device name of a boot disk. The VM sets none, because a change would replace the VM. */
const BOOT_DEVICE = "persistent-disk-0";
const deviceOf = (name: string) => `/dev/disk/by-id/google-${name}`;
/**
 * Connection limits for a VM that boots. A VM accepts its SSH key within two minutes after its creation or a change of its
 * machine type; Google reports it as running when the boot starts. Pulumi gives up after 161 seconds if the port refuses
 * connections, and after 243 if packets are dropped. Only the first command has these limits, because a wrong key is also
 * tried that many times.
 */
const BOOTING = { dialErrorLimit: 40, perDialTimeout: 2 };

/**
 * A VM on Google Cloud with its own network, address and data disk. The defaults cost nothing in the regions of the free
 * tier. When the VM is replaced, its address, its keys and the data disk stay. The project is that of the provider.
 */
export class GcpVm extends pulumi.ComponentResource implements Host {
  readonly layout: HostLayout;
  readonly address: pulumi.Output<string>;
  readonly ssh: pulumi.Output<string>;
  readonly sshKey: pulumi.Output<string>;
  readonly backupCredential?: pulumi.Output<string>;
  readonly boost?: pulumi.Output<Boost>;
  private readonly machine: Machine;
  private readonly ready: pulumi.Resource;

  constructor(name: string, { transform, ...args }: GcpVmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:GcpVm", name, args, opts);
    const { zone, machineType, called } = args;
    const names = namesOf(name);
    const parent = { parent: this };

    const { subnetwork, address, sshRule } = createNetwork(
      name,
      { ...args, addressName: names.address, webFrom: args.forwarded ? undefined : args.webFrom },
      this,
      transform?.address,
    );
    const account = new Account(
      `${name}-account`,
      { accountId: args.accountId, displayName: `${called}: the VM's own; it may do nothing` },
      parent,
    );
    const userKey = new PrivateKey(`${name}-user-key`, { algorithm: "ED25519" }, parent);
    const hostKey = new PrivateKey(`${name}-host-key`, { algorithm: "ED25519" }, parent);
    // Another zone needs another VM. Resources that depend on this one are created after the old VM is deleted.
    const here = new pulumi.Stash(
      `${name}-zone`,
      { input: zone },
      { parent: this, replacementTrigger: zone, deleteBeforeReplace: true },
    );
    const data =
      args.dataDiskGb > 0
        ? createDataDisk(
            name,
            { ...args, diskName: names.dataDisk },
            { parent: this, oldVmIsGone: here },
            transform?.disk,
          )
        : undefined;

    const instance = transformed<InstanceArgs>(
      transform?.instance,
      names.vm,
      {
        name: called,
        zone: here.output,
        machineType,
        allowStoppingForUpdate: true,
        // A boot disk has no snapshots. Pulumi's --ignore-protect does not override this protection.
        ...(data ? {} : { deletionProtection: args.protectData }),
        tags: [called],
        bootDisk: {
          initializeParams: { image: IMAGE, size: args.bootDiskGb, type: "pd-standard", labels: args.labels },
        },
        attachedDisks: data ? [{ source: data.selfLink, deviceName: DEVICE }] : [],
        networkInterfaces: [
          { subnetwork: subnetwork.id, accessConfigs: [{ natIp: address.address, networkTier: "STANDARD" }] },
        ],
        serviceAccount: { email: account.email, scopes: ["https://www.googleapis.com/auth/cloud-platform"] },
        shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
        metadata: {
          "block-project-ssh-keys": "TRUE",
          "enable-oslogin": "FALSE",
          "ssh-keys": pulumi.interpolate`${USER}:${oneLine(userKey.publicKeyOpenssh)} ${USER}`,
          "startup-script": pulumi.secret(hostKey.privateKeyOpenssh.apply(startupScript)),
        },
      },
      // Only one VM at a time can use the address and the disk.
      {
        parent: this,
        deleteBeforeReplace: true,
        protect: !data && args.protectData,
        additionalSecretOutputs: ["metadata"],
        // A change of these replaces the VM.
        ignoreChanges: ["bootDisk.initializeParams.labels"],
      },
    );
    const vm = new Instance(...instance);

    const { backupBucket, boost } = args;
    const boosted = { called, zone, machineType, account: account.name, instance: vm };
    if (boost) this.boost = createBoost(name, boost, boosted, this);
    if (backupBucket) this.backupCredential = createBackupBucket(name, backupBucket, this);
    this.layout = {
      ...remoteLayout(args.trusted, args.forwarded),
      machine: machineType,
      ...(backupBucket ? { bucket: backupBucket.bucket } : {}),
    };
    this.address = address.address;
    this.sshKey = pulumi.secret(userKey.privateKeyOpenssh);
    const login = {
      host: address.address,
      user: USER,
      privateKey: this.sshKey,
      hostKey: oneLine(hostKey.publicKeyOpenssh),
    };
    this.ssh = sshLine(login, args.stack);
    this.machine = { login, resource: vm };
    const made = {
      machineType,
      boot: { device: deviceOf(BOOT_DEVICE), sizeGb: args.bootDiskGb },
      data: data && { device: deviceOf(DEVICE), sizeGb: args.dataDiskGb },
    };
    this.ready = remoteCommand(
      `${name}-provision`,
      this.machine,
      provision(made),
      { parent: this, dependsOn: [sshRule, vm, ...(data ? [data] : [])] },
      BOOTING,
    );
    this.registerOutputs({ address: this.address, ssh: this.ssh });
  }

  command(name: string, args: HostCommandArgs, opts: pulumi.CustomResourceOptions): pulumi.Resource {
    return remoteCommand(name, this.machine, args, pulumi.mergeOptions(opts, { dependsOn: this.ready }));
  }
}

function startupScript(hostKey: string): string {
  return renderTemplate(new URL("../../files/host/startup.sh", import.meta.url), { hostKey: hostKey.trim() });
}

const oneLine = (key: pulumi.Output<string>) => key.apply((text) => text.trim());
