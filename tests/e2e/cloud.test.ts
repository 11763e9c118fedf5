import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { inventory } from "../../offline/cloud/inventory.ts";
import { hangMachine } from "../../offline/cloud/machines.ts";
import { type Google, startGoogle } from "../../offline/google/server.ts";
import { attempt } from "../../scripts/cli/command.ts";
import { report } from "../../scripts/status/report.ts";
import { until } from "../support/until.ts";
import { launch, person, signIn, whoAmI } from "./support/browser.ts";
import { answerAt, CloudStack, onGoogle } from "./support/cloudStack.ts";

const NOTHING = { resources: [], containers: [], networks: [] };
const JUPYTER = "jupyter-up-lab-jupyter-1";
const jupyter = `docker exec ${JUPYTER}`;
const DATA_DISK = "/dev/disk/by-id/google-data";
const BOOT_DISK = "/dev/disk/by-id/google-persistent-disk-0";
const IN_KERNEL = readFileSync(new URL("../support/inKernel.py", import.meta.url), "utf8");

/** Attempts of notebook code to reach more than the notebook. */
const TRIES = `
import glob, json, os, pathlib, socket, urllib.request

def reaches(host, port):
    try:
        socket.create_connection((host, port), 3).close()
        return True
    except OSError:
        return False

def gateways():
    """The machine's address on each network of this container, and on the cloud's."""
    routes = [line.split()[1] for line in open("/proc/net/route").readlines()[1:]]
    networks = [bytes.fromhex(route)[::-1] for route in routes if route != "00000000"]
    return [".".join(map(str, [*network[:3], network[3] + 1])) for network in networks] + ["MACHINE"]

def asked(url):
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers={"Metadata-Flavor": "Google"}), timeout=3).status
    except OSError:
        return None

print(json.dumps({
    "metadata": asked("http://169.254.169.254/computeMetadata/v1/instance/attributes/startup-script"),
    "sockets": [path for path in ("/var/run/docker.sock", "/run/docker.sock") if os.path.exists(path)],
    "machine": [host for host in gateways() if reaches(host, 22)],
    "services": [name for name, port in (("vouch", 9090), ("dex", 5556), ("172.17.0.1", 2375)) if reaches(name, port)],
    "database": reaches("mariadb", 3306),
    "secrets": sorted(os.listdir("/run/secrets")),
    "host": [path for path in ("/opt/jupyter-up", "/srv/jupyter-up") if os.path.exists(path)],
    "variables": sorted(name for name in os.environ if "SECRET" in name or "PASSWORD" in name or "URL" in name),
}))
`;
/** Only the database is reachable, and nothing else. */
const TRIES_END = {
  metadata: null,
  sockets: [],
  machine: [],
  services: [],
  database: true,
  secrets: ["jupyter"],
  host: [],
  variables: ["DATABASE_URL"],
};

/** Asks the spawner for the server of you@example.com, as the hub does. */
const START_SERVER = `
import socket
spawner = socket.socket(socket.AF_UNIX)
spawner.connect("/run/people/spawner.sock")
spawner.sendall(b'{"do": "start", "name": "you-40example-2ecom"}\\n')
print(spawner.recv(1000).decode())
`;

/** Each test continues with the site of the test before it. */
describe("a site on a VM of Google Cloud", () => {
  let stack: CloudStack;
  let address: string;
  let browser: Browser;
  let page: Page;
  const zone = "us-central1-a";

  const vm = (command: string) => stack.on(`${zone}-jupyter-up-lab`, command);
  const connections = async () => Number(await vm("journalctl -u ssh --no-pager | grep -c 'Accepted publickey' || :"));

  const answer = () => answerAt(address);

  async function answersAgain(): Promise<void> {
    for (let tries = 0; tries < 120 && (await answer()) !== "302"; tries++) await pause(500);
    if ((await answer()) !== "302")
      assert.fail(await vm("docker ps --all; journalctl -b -u docker --no-pager | tail -n 30"));
  }

  beforeAll(async () => {
    stack = await CloudStack.make({
      ...onGoogle,
      database: true,
      boost: true,
    });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.destroy();
    await stack?.remove();
  });

  it("runs after one `pulumi up`, and a user signs in and saves a notebook", async () => {
    const { code, text, plan } = await stack.up();
    assert.equal(code, 0, text);
    assert.deepEqual([...new Set(Object.values(plan))], ["create"]);
    address = await stack.output("address");
    browser = await launch(`MAP *.lab.example.com ${address}`);
    ({ page } = await person(browser));
    // The first page is slow on a machine with 1 GB of memory.
    page.setDefaultTimeout(120_000);
    await page.goto("https://jupyter.lab.example.com/lab?reset");
    await signIn(page, "you@example.com", await stack.output("password"));
    assert.equal((await whoAmI(page)).username, "you@example.com");
    const xsrf = (await page.context().cookies()).find(({ name }) => name === "_xsrf")?.value ?? "";
    const save = (token: string) => {
      const content = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
      const body = JSON.stringify({ type: "notebook", content });
      const headers = { "X-XSRFToken": token };
      return fetch("/api/contents/work.ipynb", { method: "PUT", headers, body }).then(({ status }) => status);
    };
    assert.equal(await page.evaluate(save, xsrf), 201);
    assert.equal(await vm("ls /srv/jupyter-up/notebooks"), "History\nwelcome.ipynb\nwork.ipynb");
  });

  it("is not changed by another `pulumi up`", async () => {
    const { code, text, plan } = await stack.up();
    assert.equal(code, 0, text);
    assert.deepEqual(plan, {});
    assert.equal(await stack.clone.changes(), "?? Pulumi.lab.yaml\n");
  });

  it("has its data and Docker's on the data disk, and updates itself", async () => {
    assert.equal(
      await vm("findmnt --noheadings --output SOURCE /srv/jupyter-up"),
      await vm(`readlink -f ${DATA_DISK}`),
    );
    assert.match(
      await vm("grep /srv/jupyter-up /etc/fstab"),
      new RegExp(`^${DATA_DISK} /srv/jupyter-up ext4 .*nosuid,nodev,nofail,resgid=999`),
    );
    assert.match(await vm("findmnt --noheadings --output OPTIONS /srv/jupyter-up"), /nosuid,nodev.*resgid=999/);
    assert.equal(await vm("stat --format '%a %U' /srv/jupyter-up"), "700 root");
    assert.equal(
      await vm("docker info --format '{{.DockerRootDir}} {{.LoggingDriver}} {{.LiveRestoreEnabled}}'"),
      "/srv/jupyter-up/docker local true",
    );
    const apt = await vm("apt-config dump");
    assert.match(apt, /APT::Periodic::Unattended-Upgrade "1"/);
    assert.match(apt, /Unattended-Upgrade::Automatic-Reboot "false"/);
  });

  it("is updated after an earlier version has mounted the disk", async () => {
    const data = "/srv/jupyter-up";
    const options = `findmnt --noheadings --output OPTIONS ${data}`;
    await vm(`sed -i 's/nosuid,nodev,//' /etc/fstab && mount -o remount,suid,dev ${data} && chmod 755 ${data}`);
    assert.doesNotMatch(await vm(options), /nosuid|nodev/);
    await vm(`/opt/jupyter-up/bin/provision ${data} ${DATA_DISK} 1`);
    assert.match(await vm(options), /nosuid,nodev.*resgid=999/);
    assert.match(await vm(`grep ${data} /etc/fstab`), /nosuid,nodev,nofail,resgid=999/);
    assert.equal(await vm(`stat --format %a ${data}`), "700");
    assert.match(await vm("nft list set inet jupyter_up bridges"), /"br-[0-9a-f]{12}"/);
    await answersAgain();
  });

  it("changes no disk with other content", async () => {
    const [device = ""] = (await vm("losetup --find")).split(" ");
    const node = `{ [ -b ${device} ] || mknod ${device} b 7 ${device.replace(/\D/g, "")}; }`;
    await vm(`truncate -s 1G /tmp/other && mkswap -q /tmp/other && ${node} && losetup ${device} /tmp/other`);
    const provision = `/opt/jupyter-up/bin/provision /srv/elsewhere ${device} 1`;
    assert.match(
      await vm(`${provision} || echo failed`),
      /has other content \(swap\)\. Nothing was changed on it\.\nfailed$/,
    );
    assert.equal(await vm(`blkid -p -o value -s TYPE ${device} && losetup --detach ${device}`), "swap");
  });

  it("opens a shell by the ssh command in its outputs", async () => {
    const key = await stack.output("sshKey");
    const line = (await stack.output("ssh")).replace(/^.* && /, "").replace(/ -i \S+/, ' -i "$KEY" -o BatchMode=yes');
    const script = `KEY=$(mktemp) && trap 'rm "$KEY"' EXIT && cat >"$KEY" && ${line} sudo hostname`;
    const { code, stdout, stderr } = await attempt("sh", ["-c", script], { input: `${key}\n` });
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "jupyter-up-lab\n");
  });

  it("has two ports open for everyone, and SSH only for allowed addresses", async () => {
    const from = (localAddress: string, port: number) =>
      new Promise<string>((resolve) => {
        const socket = connect({ host: address, port, localAddress });
        socket.once("error", ({ message }) => resolve(message)).once("close", () => resolve("closed"));
        socket.once("data", () => resolve("talks"));
        // A client must send data first, except to an SSH server, which sends its greeting.
        socket.write("GET / HTTP/1.0\r\n\r\n");
        setTimeout(() => resolve("silent"), 3000).unref();
      });
    assert.equal(await from("127.0.0.1", 22), "talks");
    assert.match(await from("127.0.0.9", 22), /ECONNRESET/);
    for (const port of [80, 443]) assert.match(await from("127.0.0.9", port), /talks|closed/);
    for (const port of [2375, 3306, 5556, 8080, 8443, 8888, 9090])
      assert.match(await from("127.0.0.9", port), /ECONNREFUSED/, `${port}`);
  });

  /** Runs code in a kernel of a server. */
  async function inKernel(code: string, container: string): Promise<unknown> {
    const words = [IN_KERNEL, code].map((text) => Buffer.from(text).toString("base64"));
    const [program, input] = words.map((text) => `$(echo ${text} | base64 -d)`);
    return JSON.parse(
      await vm(`printf '%s' "${input}" | docker exec --interactive ${container} python3 -c "${program}"`),
    );
  }

  /** Asserts that notebook code in a container cannot reach the metadata server, Docker and services of the machine. */
  async function isKeptOff(container = JUPYTER, end: object = TRIES_END): Promise<void> {
    const jupyter = `docker exec ${container}`;
    const metadata = "http://169.254.169.254/computeMetadata/v1/instance/attributes/startup-script";
    const ask = `curl -sS -m 5 -H 'Metadata-Flavor: Google' ${metadata}`;
    assert.match(await vm(ask), /OPENSSH PRIVATE KEY/, "the machine itself reads it");
    assert.match(await vm(`${jupyter} ${ask} 2>&1 || :`), /Failed to connect|Could not connect/);
    assert.match(
      await vm(`${jupyter} sh -c 'ls /var/run/docker.sock /run/docker.sock' 2>&1 || :`),
      /No such file[\s\S]*No such file/,
    );
    assert.match(await vm(`${jupyter} curl -sS -m 5 http://172.17.0.1:2375/ 2>&1 || :`), /Failed to connect/);
    const server = `${jupyter} curl -sS -o /dev/null http://127.0.0.1:8888/api`;
    await until("a server for notebooks", () =>
      vm(server).then(
        () => true,
        () => false,
      ),
    );
    const own = (await vm("hostname --all-ip-addresses")).split(" ");
    assert.ok(own.length > 4, `the machine has an address on each network of the site: ${own.join()}`);
    for (const address of own)
      assert.equal(await vm(`bash -c '</dev/tcp/${address}/22' && echo open`), "open", address);
    assert.deepEqual(await inKernel(TRIES.replace('"MACHINE"', JSON.stringify(own).slice(1, -1)), container), end);
    // The DNS resolver has the same address.
    assert.match(await vm(`${jupyter} getent hosts metadata.google.internal || echo none`), /169\.254\.169\.254|none/);
  }

  it("keeps notebooks off the metadata server and Docker", () => isKeptOff());

  it("keeps a person's own server off them, too, and off other networks", async () => {
    const own = await stack.up({ people: "own", servers: { memory: "512m", most: 2 } });
    assert.equal(own.code, 0, own.text);
    const request = Buffer.from(START_SERVER).toString("base64");
    const hub = "docker exec --interactive jupyter-up-lab-people-hub-1";
    assert.match(await vm(`echo ${request} | base64 -d | ${hub} python3 -`), /"ok": true/);
    await isKeptOff("jupyter-up-lab-person-you-40example-2ecom", { ...TRIES_END, database: false });
    const networks = (await vm("docker network ls --filter label=com.docker.compose.project --format '{{.ID}}'")).split(
      "\n",
    );
    const rules = await vm("nft list table inet jupyter_up");
    for (const id of networks)
      assert.ok(rules.includes(`iifname "br-${id}" oifname != "br-${id}" reject`), `${id}: ${rules}`);
    const shared = await stack.up({ people: "shared" });
    assert.equal(shared.code, 0, shared.text);
  });

  it("comes back from a reboot, with the firewall rules in place before the first notebook runs", async () => {
    const booted = await vm("stat -c %Y /proc/1");
    await vm("systemctl reboot").catch(() => {});
    for (let tries = 0; tries < 60; tries++) {
      await pause(500);
      const now = await vm("stat -c %Y /proc/1").catch(() => booted);
      if (now !== booted) break;
    }
    await answersAgain();
    await isKeptOff();
    const began = (unit: string, when: string) => vm(`systemctl show --value --property ${when} ${unit}`).then(Number);
    const guarded = await began("jupyter-up-metadata", "ActiveEnterTimestampMonotonic");
    assert.ok(guarded > 0 && guarded <= (await began("docker", "InactiveExitTimestampMonotonic")));
  });

  it("reboots at the quiet hour of its time zone if an update needs it, and checks the site afterwards", async () => {
    const timezone = "Asia/Kathmandu";
    // Recreates Jupyter, so nobody works.
    const zone = await stack.up({ timezone });
    assert.equal(zone.code, 0, zone.text);
    assert.equal(await vm(`${jupyter} date +%:z`), "+05:45");
    await vm("touch /run/reboot-required && echo linux-image-cloud-amd64 >/run/reboot-required.pkgs");
    const boot = () => vm("cat /proc/sys/kernel/random/boot_id").catch(() => "");
    const status = async () => report.parse(JSON.parse(await vm("/opt/jupyter-up/bin/site-apply status 2>/dev/null")));
    const before = await boot();
    const soon = new Date(Date.now() + 150_000);
    const reboots = soon.toLocaleTimeString("en-GB", { timeZone: timezone, hour: "2-digit", minute: "2-digit" });
    const hour = await stack.up({ reboots });
    assert.equal(hour.code, 0, hour.text);
    assert.deepEqual(hour.plan, { "site-release": "update" });
    await until("a reboot", async () => !["", before].includes(await boot()), 240);
    const isChecked = async () => (await status()).reboots?.checked;
    await until("a check of the site", () => isChecked().catch(() => ""), 300);
    const { reboot, reboots: found, concerns } = await status();
    assert.deepEqual(reboot, []);
    assert.deepEqual({ at: found?.at, problem: found?.problem }, { at: `${reboots} ${timezone}`, problem: "" });
    assert.deepEqual(
      concerns.filter(({ about }) => about === "reboot"),
      [],
    );
    await answersAgain();
  });

  it("keeps the firewall rules when Docker is restarted or the rules are flushed", async () => {
    await vm("systemctl restart docker");
    await isKeptOff();
    await vm("systemctl stop jupyter-up-metadata");
    assert.equal(await vm("systemctl is-active docker || :"), "inactive", "no Docker without the rule");
    await vm("systemctl start docker && systemctl is-active jupyter-up-metadata");
    await answersAgain();
  });

  it("changes its allow list and its image with one SSH connection each", async () => {
    let before = await connections();
    const allow = await stack.up({ allow: ["you@example.com", "ann@example.com"] });
    assert.equal(allow.code, 0, allow.text);
    assert.deepEqual(allow.plan, { "site-release": "update" });
    assert.equal((await connections()) - before, 1);
    before = await connections();
    const image = await stack.up({ imageTag: "2026-08-17" });
    assert.equal(image.code, 0, image.text);
    assert.deepEqual(image.plan, { "site-release": "update" });
    assert.equal((await connections()) - before, 1);
    assert.match(await vm("docker ps --format '{{.Image}}'"), /scipy-notebook:2026-08-17/);
  });

  it("sends no data to a machine with another host key", async () => {
    const before = await connections();
    await vm(
      "rm /etc/ssh/ssh_host_ed25519_key* && ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key && systemctl restart ssh",
    );
    const { code, text } = await stack.up({ allow: ["you@example.com"] });
    assert.equal(code, 1);
    assert.match(text, /host key mismatch/);
    assert.equal((await connections()) - before, 0);
    await vm("systemctl restart google-startup-scripts");
    const again = await stack.up();
    assert.equal(again.code, 0, again.text);
    assert.deepEqual(again.plan, { "site-release": "update" });
  });

  it("restarts for another machine type, keeps its address, and gets the pending release", async () => {
    // Google answers when the VM starts to boot, half a minute before sshd is ready.
    const late = "/etc/systemd/system/ssh.service.d/late.conf";
    await vm(`printf '[Service]\\nExecStartPre=/bin/sleep 30\\n' >${late}`);
    const { code, text, plan } = await stack.up({
      machineType: "e2-small",
      allow: ["you@example.com", "bob@example.com"],
    });
    await vm(`rm ${late} && systemctl daemon-reload`);
    assert.equal(code, 0, text);
    // The workflow of the boost goes back to the type in the settings.
    const changed = ["host-vm", "host-boost", "host-provision", "site-release"];
    assert.deepEqual(plan, Object.fromEntries(changed.map((name) => [name, "update"])));
    assert.equal(await stack.output("address"), address);
    await answersAgain();
  });

  describe("with a bigger machine type for some hours", () => {
    let google: Google;
    beforeAll(async () => {
      // A minute of the workflow passes in twelve seconds.
      google = await startGoogle(stack.cloud, 5);
    });
    afterAll(() => google?.close());

    const memory = () => vm("docker inspect --format '{{.HostConfig.Memory}}' jupyter-up-lab-jupyter-1").then(Number);
    const state = async () => (await stack.boost(google)).text;

    it("is refused before anything stops if Google would refuse it", async () => {
      const refused = async (...args: string[]) => {
        const { code, text } = await stack.boost(google, ...args);
        assert.equal(code, 1, text);
        return text;
      };
      assert.match(
        await refused("--type", "n2d-standard-8", "--hours", "1"),
        /n2d-standard-8 has 8 cores, and the project's quota of N2D_CPUS is 0\. Google raises it on request/,
      );
      assert.match(
        await refused("--type", "e2-standard-3", "--hours", "1"),
        /The zone us-central1-a has no machine type e2-standard-3\./,
      );
      assert.match(
        await refused("--type", "e2-standard-2", "--hours", "1"),
        /from e2-small \(2 cores, 2 GB\)[\s\S]*About 0\.07 USD: 0\.067 USD an hour[\s\S]*Add --yes/,
      );
      assert.match(
        await state(),
        /^The VM jupyter-up-lab is of type e2-small \(2 cores, 2 GB\)\.\n\n[\s\S]*e2-standard-4 +4 +16 GB +0\.134 +0\.054/,
      );
      assert.equal(await answer(), "302");
    });

    it("has its usual type again if the zone has no machine", async () => {
      const fault = { type: "gcp:compute/instance:Instance", operation: "update", fault: "zone exhausted", times: 1 };
      await writeFile(join(stack.cloud.folder, "faults.json"), JSON.stringify([fault]));
      const { code, text } = await stack.boost(google, "--type", "e2-standard-2", "--hours", "1", "--yes");
      assert.equal(code, 1);
      assert.match(
        text,
        /Google has no e2-standard-2 free in us-central1-a now\. The VM has its usual type e2-small again\./,
      );
      await answersAgain();
    });

    it("has the memory, keeps its address, and goes back by itself", async () => {
      const before = await memory();
      const { code, text } = await stack.boost(google, "--type", "e2-standard-2", "--hours", "1", "--yes");
      assert.equal(code, 0, text);
      assert.match(text, /It goes back at about \d\d:\d\d\. Earlier: npm run boost -- -s lab --back/);
      assert.equal(await answer(), "302");
      assert.ok((await memory()) > 2 * before, `${await memory()} of ${before}`);
      assert.match(await state(), /is of type e2-standard-2 [\s\S]*0\.0\d USD so far\. It goes back to e2-small at/);
      const again = await stack.boost(google, "--type", "e2-standard-4", "--hours", "1", "--yes");
      assert.match(again.text, /To end it first: npm run boost -- -s lab --back/);
      // The settings have not changed, so an update leaves the machine as it is.
      const { code: updated, text: said, plan } = await stack.up();
      assert.equal(updated, 0, said);
      assert.deepEqual(plan, {});
      google.executions.speed = 5000;
      await until(
        "the usual type",
        async () => /is of type e2-small [\s\S]*The last boost: e2-standard-2/.test(await state()),
        120,
      );
      google.executions.speed = 5;
      await answersAgain();
      await until("the usual limit", async () => (await memory()) === before, 60);
      assert.equal(await stack.output("address"), address);
    });

    it("goes back at once when it is told to", async () => {
      assert.equal((await stack.boost(google, "--type", "e2-medium", "--hours", "1", "--yes")).code, 0);
      const { code, text } = await stack.boost(google, "--back", "--yes");
      assert.equal(code, 0, text);
      assert.match(await state(), /is of type e2-small [\s\S]*The last boost: e2-medium/);
      assert.match(
        (await stack.boost(google, "--back", "--yes")).text,
        /is of type e2-small \(2 cores, 2 GB\)\. Nothing was changed\./,
      );
    });
  });

  it("grows its disks and the boot file system in place", async () => {
    const { code, text, plan } = await stack.up({ dataDiskGb: 30, bootDiskGb: 12 });
    assert.equal(code, 0, text);
    assert.deepEqual(plan, { "host-data": "update", "host-vm": "update", "host-provision": "update" });
    const bytes = await vm(`blockdev --getsize64 ${BOOT_DISK}-part1`);
    assert.ok(Number(bytes) > 11.5 * 2 ** 30, bytes);
    // The fake's resize2fs, which cannot grow a mounted file system, has recorded the call.
    assert.equal(await vm("ls /var/lib/guest"), "grow-data\ngrow-persistent-disk-0-part1");
    assert.match(await vm(`sfdisk --verify ${BOOT_DISK}`), /No errors detected/);
    const again = `/opt/jupyter-up/bin/provision /srv/jupyter-up ${DATA_DISK} 30 ${BOOT_DISK} 12`;
    assert.doesNotMatch(await vm(again), /Growing/);
    assert.equal(await vm("blockdev --getsize64 /dev/disk/by-id/google-data"), `${30 * 2 ** 30}`);
    assert.equal(await answer(), "302");
  });

  it("refuses settings that would lose work", async () => {
    const cases: [changes: Record<string, unknown>, said: RegExp][] = [
      [
        { protectData: true, zone: "us-central1-b" },
        /zone: the disk with your work is in us-central1-a.*protectData false/s,
      ],
      [{ protectData: false, zone: "us-west1-b" }, /zone: .* are in the region us-central1/],
      [{ zone, dataDiskGb: 10 }, /dataDiskGb: a disk cannot shrink/],
      [{ dataDiskGb: 30, bootDiskGb: 10 }, /bootDiskGb: a disk cannot shrink/],
    ];
    for (const [changes, said] of cases) {
      const { code, text } = await stack.up(changes);
      assert.equal(code, 1);
      assert.match(text, said);
      assert.match(text, /Nothing was changed\./);
    }
    await stack.write({ bootDiskGb: 12 });
  });

  it("is destroyed completely while the VM hangs", async () => {
    await hangMachine(stack.cloud, `${zone}-jupyter-up-lab`);
    const { code, text } = await stack.destroy();
    assert.equal(code, 0, text);
    assert.deepEqual(await inventory(stack.cloud), NOTHING);
  });
});
