import assert from "node:assert/strict";
import { createServer } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import ssh2 from "ssh2";
import { attempt } from "../../../../scripts/cli/command.ts";
import { inventory } from "../../../cloud/inventory.ts";
import { containerOf, hangMachine, registryPort, removeMachine } from "../../../cloud/machines.ts";
import { debianRelease } from "../../../setup/environment.ts";
import { openTestCloud, type TestCloud } from "../../testing/cloud.ts";
import type { Resource, TestEngine } from "../../testing/engine.ts";
import { connectTo, type Shell } from "./shell.ts";

const types = {
  network: "gcp:compute/network:Network",
  firewall: "gcp:compute/firewall:Firewall",
  address: "gcp:compute/address:Address",
  disk: "gcp:compute/disk:Disk",
  account: "gcp:serviceaccount/account:Account",
  instance: "gcp:compute/instance:Instance",
};

const dockerIsHere = (await attempt("docker", ["version"])).code === 0;
const skip = !(dockerIsHere && debianRelease() !== undefined) && "machines boot on Debian with Docker only";

/** Each test starts where the previous one ended, as in an instance's life. */
(skip ? describe.skip : describe)("an instance of the fake cloud", () => {
  let test: TestCloud;
  let engine: TestEngine;
  let address: string;
  /** Inodes of the disks' files. Machines of other tests have loop devices, too. */
  let inodes: string[];
  const made: Partial<Record<keyof typeof types, Resource>> = {};
  const ann = ssh2.utils.generateKeyPairSync("ed25519");
  const bob = ssh2.utils.generateKeyPairSync("ed25519");
  const hostKeys = ssh2.utils.generateKeyPairSync("ed25519");
  const hostKey = hostKeys.public.split(" ")[1];

  const startupScript = [
    "#!/bin/sh",
    "set -eu",
    "echo boot >> /var/lib/boots",
    `cat > /etc/ssh/ssh_host_ed25519_key <<'end'\n${hostKeys.private}\nend`,
    "chmod 600 /etc/ssh/ssh_host_ed25519_key",
    "ssh-keygen -y -f /etc/ssh/ssh_host_ed25519_key > /etc/ssh/ssh_host_ed25519_key.pub",
    "systemctl restart ssh",
  ].join("\n");
  const metadata = { "ssh-keys": `ann:${ann.public}`, "startup-script": startupScript };

  const inputs = () => ({
    name: "vm",
    machineType: "e2-micro",
    bootDisk: { initializeParams: { image: "debian-cloud/debian-13", size: 10 } },
    networkInterfaces: [{ network: "site", accessConfigs: [{ natIp: address, networkTier: "STANDARD" }] }],
    attachedDisks: [{ source: made.disk?.id, deviceName: "data" }],
    serviceAccount: { email: made.account?.outputs.email, scopes: ["cloud-platform"] },
    tags: ["lab"],
    metadata,
  });

  beforeAll(async () => {
    test = await openTestCloud();
    engine = test.engine;
  });

  afterAll(async () => {
    await removeMachine(test.cloud, "us-central1-a-vm");
    await test.close();
  });

  /** Changes some inputs of an existing resource. */
  async function update(type: keyof typeof types, change: object): Promise<void> {
    const old = made[type] as Resource;
    made[type] = await engine.update(types[type], old, { ...old.inputs, ...change });
  }

  /** A shell of Ann's, as soon as the machine answers with its configured host key. */
  const shell = (options: Partial<Parameters<typeof connectTo>[0]> = {}): Promise<Shell> =>
    connectTo({ host: address, username: "ann", privateKey: ann.private, hostKey, ...options });

  async function run(command: string): Promise<string> {
    const connection = await shell();
    try {
      return await connection.run(command);
    } finally {
      connection.end();
    }
  }

  const inMetadata = (path: string) =>
    `curl -sf -H 'Metadata-Flavor: Google' http://169.254.169.254/computeMetadata/v1/${path}`;

  it("boots, with its users and its host key from the metadata", async () => {
    made.network = await engine.create(types.network, { name: "site" });
    const ssh = {
      allows: [{ protocol: "tcp", ports: ["22", "8080"] }],
      sourceRanges: ["127.0.0.1/32"],
      targetTags: ["lab"],
    };
    made.firewall = await engine.create(types.firewall, { name: "ssh", network: "site", ...ssh });
    made.address = await engine.create(types.address, { name: "ip", networkTier: "STANDARD" });
    made.disk = await engine.create(types.disk, { name: "data", size: 1 });
    made.account = await engine.create(types.account, { accountId: "site-vm" });
    address = String(made.address.outputs.address);
    made.instance = await engine.create(types.instance, inputs());
    assert.equal(made.instance.outputs.currentStatus, "RUNNING");
    assert.equal(
      await run("hostname; id -un; sudo id -un; cat /etc/debian_version | cut -d . -f 1"),
      "vm\nann\nroot\n13\n",
    );
    assert.match(await run("systemctl is-system-running --wait"), /^running$/m);
    inodes = (await run("sudo stat --format %i /mnt/.disks/*")).trim().split("\n");
    assert.ok(inodes.length > 0);
    const refreshed = await engine.read(types.instance, made.instance);
    assert.deepEqual(await engine.diff(types.instance, refreshed, inputs()), {}, "no changes after a refresh");
  });

  it("answers only allowed sources at open ports", async () => {
    await assert.rejects(shell({ localAddress: "127.0.0.2", tries: 1 }), /ECONNRESET|Connection lost/);
    await assert.rejects(shell({ port: 80, tries: 1 }), /ECONNREFUSED/);
    await update("firewall", { sourceRanges: ["127.0.0.2/32"] });
    await assert.rejects(shell({ tries: 1 }), /ECONNRESET|Connection lost/);
    (await shell({ localAddress: "127.0.0.2", tries: 1 })).end();
    await update("firewall", { sourceRanges: ["127.0.0.0/30"] });
    await update("instance", { tags: ["other"] });
    await assert.rejects(shell({ tries: 1 }), /ECONNREFUSED/);
    await update("instance", { tags: ["lab"] });
    assert.equal(await run("echo here"), "here\n");
  });

  it("has a metadata server that requires its header", async () => {
    const ask = "curl -s -o /dev/null -w '%{http_code}' http://169.254.169.254/computeMetadata/v1/instance/id";
    assert.equal(await run(ask), "403");
    assert.equal(await run(inMetadata("instance/id")), made.instance?.outputs.instanceId);
    assert.equal(await run(inMetadata("instance/attributes/")), "ssh-keys\nstartup-script\n");
    assert.equal(await run(inMetadata("instance/network-interfaces/0/access-configs/0/external-ip")), address);
    assert.match(await run(inMetadata("instance/service-accounts/default/token")), /"access_token":"ya29\./);
    assert.match(await run("getent hosts metadata.google.internal"), /^169\.254\.169\.254 /);
    assert.equal(await run("cat /etc/resolv.conf"), "nameserver 169.254.169.254\n");
  });

  it("follows changed keys without a boot", async () => {
    await update("instance", { metadata: { ...metadata, "ssh-keys": `bob:${bob.public}` } });
    const connection = await shell({ username: "bob", privateKey: bob.private });
    assert.equal(await connection.run("sudo id -un"), "root\n");
    assert.equal(await connection.run("sudo cat /home/ann/.ssh/authorized_keys"), "");
    connection.end();
    await update("instance", { metadata });
  });

  it("finds its disk by the device name, also after the disk has grown", async () => {
    const device = "/dev/disk/by-id/google-data";
    await run(
      `sudo mkfs.ext4 -q ${device} && sudo mkdir /data && echo '${device} /data ext4 nofail 0 2' | sudo tee -a /etc/fstab`,
    );
    await run("sudo mount /data && echo kept | sudo tee /data/file && echo boot disk | sudo tee /root/file && sync");
    await update("disk", { size: 2 });
    assert.equal(await run(`sudo blockdev --getsize64 ${device}`), `${2 * 2 ** 30}\n`);
    await run(`sudo resize2fs ${device}`);
  });

  it("has a larger boot disk at once, and its partition and file system only when they are grown", async () => {
    const boot = "/dev/disk/by-id/google-persistent-disk-0";
    const sizes = () =>
      run(`sudo blockdev --getsize64 ${boot} ${boot}-part1 && sudo dumpe2fs -h ${boot}-part1 | grep 'Block count'`);
    const before = (await sizes()).split("\n");
    const image = "debian-cloud/debian-13";
    await assert.rejects(
      update("instance", { bootDisk: { initializeParams: { image, size: 9 } } }),
      /Error 400: Invalid value for field 'sizeGb': '9'\. New disk size '9' GB must be larger than existing size '10' GB\./,
    );
    await update("instance", { bootDisk: { initializeParams: { image, size: 12 } } });
    assert.deepEqual((await sizes()).split("\n"), [`${12 * 2 ** 30}`, ...before.slice(1)]);
    assert.ok(Number(before[1]) > 9.5 * 2 ** 30 && Number(before[1]) < 10 * 2 ** 30, before[1]);
  });

  it("accepts swap and memory settings without changing the host's", async () => {
    const hosts = () => attempt("sh", ["-c", "cat /proc/swaps /proc/sys/vm/swappiness"]).then(({ stdout }) => stdout);
    const before = await hosts();
    await run("sudo fallocate -l 64M /swap && sudo chmod 600 /swap && sudo mkswap -q /swap && sudo swapon /swap");
    assert.match(await run("sudo sysctl vm.swappiness=7"), /vm\.swappiness = 7/);
    assert.equal(await hosts(), before);
  });

  it("reaches the host's image registry at its own loopback", async () => {
    const registry = createServer((_, response) => response.end("the registry"));
    // If a real metadata server runs here, it answers itself.
    await new Promise<void>((resolve) =>
      registry.once("error", () => resolve()).listen(registryPort, "127.0.0.1", resolve),
    );
    try {
      const here = await (await fetch(`http://127.0.0.1:${registryPort}/v2/`)).text();
      assert.equal(await run(`curl -s http://127.0.0.1:${registryPort}/v2/`), here);
    } finally {
      registry.close();
    }
  });

  it("runs containers, which reach the metadata server until the instance forbids it", async () => {
    const install = "sudo DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends";
    await run(`sudo apt-get update -qq && ${install} docker.io docker-cli iptables busybox-static >/dev/null 2>&1`);
    await run("mkdir root && cp /bin/busybox root/ && tar -C root -c . | sudo docker import - box");
    const ask =
      "sudo docker run --rm box /busybox wget -q -T 5 -O - --header 'Metadata-Flavor: Google' http://169.254.169.254/computeMetadata/v1/instance/name";
    assert.equal(await run(ask), "vm");
    await run("sudo iptables -I FORWARD -d 169.254.169.254 -j REJECT");
    await assert.rejects(run(ask), /can't connect|refused|unreachable/);
    assert.equal(await run(inMetadata("instance/name")), "vm");
  });

  it("keeps its state in a reboot", async () => {
    const bootId = "cat /proc/sys/kernel/random/boot_id";
    const before = await run(bootId);
    await run("sudo systemctl reboot").catch(() => {});
    let now = before;
    for (let tries = 0; tries < 60 && now === before; tries++) {
      await pause(250);
      now = await run(bootId).catch(() => before);
    }
    assert.notEqual(now, before);
    assert.equal(await run("cat /data/file; sudo cat /root/file; cat /var/lib/boots"), "kept\nboot disk\nboot\nboot\n");
    assert.ok(Number(await run("df --output=size /data | tail -1")) > 1.5 * 2 ** 20, "the file system has grown");
    assert.equal(await run("sudo docker run --rm box /busybox echo again"), "again\n");
  });

  it("does not answer when it hangs, but can be stopped", async () => {
    await hangMachine(test.cloud, "us-central1-a-vm");
    await assert.rejects(shell({ tries: 1 }), /Timed out while waiting for handshake/);
    await update("instance", { desiredStatus: "TERMINATED" });
    assert.equal(made.instance?.outputs.currentStatus, "TERMINATED");
    await assert.rejects(shell({ tries: 1 }), /Timed out|ECONNRESET|Connection lost/);
    await update("instance", { desiredStatus: "RUNNING" });
    assert.equal(await run("cat /data/file"), "kept\n");
  });

  it("stops for another machine type only if that is allowed, and keeps its disks and its address", async () => {
    await assert.rejects(
      update("instance", { machineType: "e2-small" }),
      /requires stopping it\. To acknowledge this, please set/,
    );
    await update("instance", { machineType: "e2-small", allowStoppingForUpdate: true });
    assert.equal(await run("cat /data/file; sudo cat /root/file"), "kept\nboot disk\n");
    assert.equal(
      await run("cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"),
      `${4 * 2 ** 30}\n`,
    );
    assert.equal(await run("free -m | awk '/^Mem:/ { print $2 }'"), "2048\n");
    assert.match(await run(inMetadata("instance/machine-type")), /\/machineTypes\/e2-small$/);
  });

  it("attaches and detaches a disk while it runs", async () => {
    const other = await engine.create(types.disk, { name: "other", size: 1 });
    const attachedDisks = [...inputs().attachedDisks, { source: "other", deviceName: "other" }];
    await update("instance", { attachedDisks });
    assert.equal(await run("sudo blockdev --getsize64 /dev/disk/by-id/google-other"), `${2 ** 30}\n`);
    await assert.rejects(
      engine.delete(types.disk, other),
      /The disk resource '.*\/disks\/other' is already being used by '.*\/instances\/vm'/,
    );
    await update("instance", { attachedDisks: inputs().attachedDisks });
    assert.equal(
      await run("ls /dev/disk/by-id"),
      "google-data\ngoogle-persistent-disk-0\ngoogle-persistent-disk-0-part1\n",
    );
    await engine.delete(types.disk, other);
  });

  it("shares neither its disk nor its address with another instance", async () => {
    const second = { ...inputs(), name: "second" };
    await assert.rejects(
      engine.create(types.instance, { ...second, networkInterfaces: [{ network: "site" }] }),
      /The disk resource/,
    );
    await assert.rejects(
      engine.create(types.instance, { ...second, attachedDisks: [] }),
      /External IP address: .* is already in-use/,
    );
  });

  it("leaves its disk for the next instance", async () => {
    await engine.delete(types.instance, made.instance as Resource);
    assert.deepEqual((await inventory(test.cloud)).containers, []);
    made.instance = await engine.create(types.instance, inputs());
    assert.equal(
      await run("sudo mkdir /data && sudo mount /dev/disk/by-id/google-data /data && cat /data/file"),
      "kept\n",
    );
    assert.equal(
      await run("sudo ls -A /root/file 2>&1 || true"),
      "ls: cannot access '/root/file': No such file or directory\n",
    );
  });

  it("is gone after a refresh if it was removed by hand, and can still be deleted", async () => {
    const { stdout } = await attempt("docker", [
      "rm",
      "--force",
      "--volumes",
      containerOf(test.cloud, "us-central1-a-vm"),
    ]);
    assert.notEqual(stdout, "");
    assert.equal((await engine.read(types.instance, made.instance as Resource)).id, "");
    await engine.delete(types.instance, made.instance as Resource);
  });

  it("leaves no container, network or loop device", async () => {
    for (const type of ["disk", "address", "account", "firewall", "network"] as const) {
      await engine.delete(types[type], made[type] as Resource);
    }
    assert.deepEqual(await inventory(test.cloud), { resources: [], containers: [], networks: [] });
    const { stdout } = await attempt("losetup", ["--list", "--noheadings", "--output", "BACK-INO"]);
    assert.deepEqual(
      stdout.split(/\s+/).filter((inode) => inodes.includes(inode)),
      [],
    );
  });
});
