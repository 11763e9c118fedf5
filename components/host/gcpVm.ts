import type { AddressArgs } from "@pulumi/gcp/compute/address.js";
import type { DiskArgs } from "@pulumi/gcp/compute/disk.js";
import { Instance, type InstanceArgs } from "@pulumi/gcp/compute/instance.js";
import { Account } from "@pulumi/gcp/serviceaccount/account.js";
import * as pulumi from "@pulumi/pulumi";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { renderTemplate } from "../../files/release/template.ts";
import type { HostLayout } from "../../files/site/hostLayout.ts";
import { type Transform, transformed } from "../transform.ts";
import { createDataDisk } from "./gcpDataDisk.ts";
import { createNetwork } from "./gcpNetwork.ts";
import type { Host, HostCommandArgs } from "./host.ts";
import { type Machine, provision, remoteCommand, remoteLayout } from "./remoteHost.ts";
import { sshLine } from "./sshLine.ts";

export interface GcpVmArgs {
  /**
   * What everything is called at Google, or begins with: `jupyter-up-dev`. Another name makes another VM and another
   * disk.
   */
  called: string;
  /** Name of the VM's service account, 30 characters at most. */
  accountId: string;
  /** Stack whose output `sshKey` is the key of the VM, for the line that opens a shell on it. */
  stack: string;
  /** `us-central1-a`; the region follows from it. */
  zone: string;
  /** `e2-micro`. Another one stops and starts the VM. */
  machineType: string;
  /** Boot disk in GB. Grows in place. */
  bootDiskGb: number;
  /** Disk of notebooks, databases and images in GB; 0: all of it lies on the boot disk. Grows in place. */
  dataDiskGb: number;
  /** Whether deleting or replacing the disk with people's work on it is refused. */
  protectData: boolean;
  /** Zone that the data disk lies in so far, if it is another one: it is copied from there. */
  dataComesFrom?: string | undefined;
  /** IPv4 ranges that SSH is let in from, `203.0.113.7/32`. */
  sshFrom: string[];
  /** IPv4 ranges that the site is let in from: `0.0.0.0/0`, or those of a proxy before it. */
  webFrom: pulumi.Input<string[]>;
  /** Whether browsers trust the site's certificate as they trust any. */
  trusted: boolean;
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
 * Where the VM, the disk with people's work and the address are found in `madeSoFar`. These names are in the state of every
 * stack: a VM or a disk under another name is another one.
 */
export function keysOf(name: string): { vm: string; dataDisk: string; address: string } {
  const { vm, dataDisk, address } = namesOf(name);
  return {
    vm: `gcp:compute/instance:Instance::${vm}`,
    dataDisk: `gcp:compute/disk:Disk::${dataDisk}`,
    address: `gcp:compute/address:Address::${address}`,
  };
}

const namesOf = (name: string) => ({ vm: `${name}-vm`, dataDisk: `${name}-data`, address: `${name}-address` });

const USER = "jupyter-up";
const IMAGE = "debian-cloud/debian-13";
const DEVICE = "data";
/** Google's own name for a boot disk that was given none. Another one would be another VM. */
const BOOT_DEVICE = "persistent-disk-0";
const deviceOf = (name: string) => `/dev/disk/by-id/google-${name}`;
/**
 * A new VM has booted and let its key in within two minutes, and one that was stopped for another machine type is no quicker: Google
 * says that it runs when it begins to boot. A refused port is given up after 161 seconds, dropped packets after 243. Only what all
 * other commands wait for is so patient: a wrong key is tried as often.
 */
const BOOTING = { dialErrorLimit: 40, perDialTimeout: 2 };

/**
 * A VM on Google Cloud with a network, an address and a data disk of its own. Chosen so that it costs nothing in the regions of
 * the free tier. What outlives a replaced VM is its address, its keys and the data disk. The project is that of the provider.
 */
export class GcpVm extends pulumi.ComponentResource implements Host {
  readonly layout: HostLayout;
  readonly address: pulumi.Output<string>;
  readonly ssh: pulumi.Output<string>;
  readonly sshKey: pulumi.Output<string>;
  private readonly machine: Machine;
  private readonly ready: pulumi.Resource;

  constructor(name: string, { transform, ...args }: GcpVmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:GcpVm", name, args, opts);
    const { zone, machineType, called } = args;
    const names = namesOf(name);
    const parent = { parent: this };

    const { subnetwork, address, sshRule } = createNetwork(
      name,
      { ...args, addressName: names.address },
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
    // A VM in another zone is another VM. Whatever waits for this may count on the old one being gone: it is deleted
    // first.
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
        // Nothing keeps a copy of a boot disk. Pulumi's --ignore-protect does not get past this.
        ...(data ? {} : { deletionProtection: args.protectData }),
        tags: [called],
        bootDisk: { initializeParams: { image: IMAGE, size: args.bootDiskGb, type: "pd-standard" } },
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
      // An address and a disk can be one machine's only.
      {
        parent: this,
        deleteBeforeReplace: true,
        protect: !data && args.protectData,
        additionalSecretOutputs: ["metadata"],
      },
    );
    const vm = new Instance(...instance);

    this.layout = { ...remoteLayout(args.trusted), machine: machineType };
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
