import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import ssh2 from "ssh2";
import { inventory } from "../../offline/cloud/inventory.ts";
import { createMachine, machineAddresses, removeMachine } from "../../offline/cloud/machines.ts";
import { deleteRecord } from "../../offline/cloud/records.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { launch, person, signIn } from "../e2e/support/browser.ts";
import type { Outcome } from "../e2e/support/clone.ts";
import { answerAt, appWithVolume, CloudStack, onGoogle, workHere, workOf } from "../e2e/support/cloudStack.ts";
import { assertSame, commandsIn, readTableInNotebook, type State, type Work } from "../e2e/support/work.ts";
import { until } from "../support/until.ts";

/** The machine that the backup is sent to. */
const STORE = "store";
/** A stack of target local. */
const LAPTOP = "laptop";

/** Each test continues with the site of the test before it. */
describe("the work of a site on a VM of Google Cloud", () => {
  let stack: CloudStack;
  let address: string;
  let zone = "us-central1-a";
  const vm = (command: string) => stack.on(`${zone}-jupyter-up-lab`, command);
  const work = workOf(vm);
  let laptop: Work;
  let before: State;
  let destroyed: string;

  const succeeded = ({ code, text }: Outcome) => assert.equal(code, 0, text);
  const move = (from: string, to: string, action = "--yes") =>
    stack.clone.npm("run", "move", "--", "--from", from, "--to", to, action);

  beforeAll(async () => {
    stack = await CloudStack.make({ ...onGoogle, database: true, apps: [appWithVolume] });
    succeeded(await stack.up());
    address = await stack.output("address");
  });
  afterAll(async () => {
    // After a failed test, the site of the laptop may still be closed. Such a site is not taken down.
    if (stack) await rm(join(stack.clone.folder, ".state", LAPTOP, "data/moving"), { recursive: true, force: true });
    await stack?.clone.pulumi("destroy", "--yes", "--skip-preview", "--stack", LAPTOP);
    if (stack) await removeMachine(stack.cloud, STORE);
    await stack?.destroy();
    await stack?.remove();
  });

  it("moves to another zone with its address and its notebooks by one `pulumi up`", async () => {
    await vm("echo kept >/srv/jupyter-up/notebooks/file");
    const { code, text, plan } = await stack.up({ zone: "us-central1-b" });
    assert.equal(code, 0, text);
    assert.deepEqual(plan, {
      "host-zone": "replace",
      "host-data-on-the-way": "create",
      "host-data": "replace",
      "host-vm": "replace",
      "host-provision": "replace",
      "site-setup": "replace",
      "site-secrets": "replace",
      "site-release": "replace",
    });
    zone = "us-central1-b";
    assert.equal(await stack.output("address"), address);
    await until("an answer", async () => (await answerAt(address)) === "302");
    assert.equal(await vm("cat /srv/jupyter-up/notebooks/file"), "kept");
    const next = await stack.up();
    assert.deepEqual(next.plan, { "host-data-on-the-way": "delete" });
    assert.deepEqual((await stack.up()).plan, {});
  });

  it("is backed up to another machine by SFTP", async () => {
    const keys = ssh2.utils.generateKeyPairSync("ed25519");
    const host = await createMachine(stack.cloud, {
      id: STORE,
      hostname: STORE,
      // Google's machines of one network reach each other.
      network: "jupyter-up-lab",
      memoryMb: 512,
      disks: {},
      metadata: () => ({ instance: { attributes: { "ssh-keys": `ann:${keys.public}` } } }),
    });
    const own = "cat /etc/ssh/ssh_host_ed25519_key.pub";
    const isReady = `${own} /home/ann/.ssh/authorized_keys`;
    await until("a machine with its keys", () => stack.on(STORE, isReady).catch(() => ""));
    const hostKey = await stack.on(STORE, own);
    const backup = { to: `sftp:ann@${host}:/home/ann/backup`, privateKey: keys.private, hostKey };
    const { code, text, plan } = await stack.up({ backup });
    assert.equal(code, 0, text);
    assert.equal(plan["backup-key-file"], "create");
    await work.make();
    await work.backUp();
    before = await work.everything();
    assert.match(await stack.on(STORE, "ls /home/ann/backup"), /^config\ndata\n/);
  });

  it("is destroyed completely if the VM does not exist any more", async () => {
    await removeMachine(stack.cloud, `${zone}-jupyter-up-lab`);
    await deleteRecord(stack.cloud, `projects/my-project-123456/zones/${zone}/instances/jupyter-up-lab`);
    const { code, text } = await stack.destroy();
    destroyed = text;
    assert.equal(code, 0, text);
    assert.deepEqual((await inventory(stack.cloud)).resources, []);
    assert.deepEqual(Object.keys(await machineAddresses(stack.cloud)), [STORE]);
  });

  it("restores everything from the backup into a new VM, with the commands that `destroy` showed", async () => {
    const { code, text } = await stack.type(commandsIn(destroyed));
    assert.equal(code, 0, text);
    assertSame(await work.everything(), before);
    address = await stack.output("address");
    assert.equal(await answerAt(address), "302");
    const browser = await launch(`MAP *.lab.example.com ${address}`);
    try {
      const { page } = await person(browser);
      // The first page is slow on a machine with 1 GB of memory.
      page.setDefaultTimeout(120_000);
      await page.goto("https://jupyter.lab.example.com/lab/tree/wines.ipynb?reset");
      await signIn(page, "you@example.com", await stack.output("password"));
      await readTableInNotebook(page);
    } finally {
      // An open page saves its notebook at times.
      await browser.close();
    }
  });

  it("moves to a laptop with `npm run move`, and every file, table and volume is there", async () => {
    const settings = {
      ...{ target: "local", domain: "laptop.localhost", port: await freePort(), httpPort: await freePort() },
      ...{ notebooks: "laptop", allow: stack.settings.allow, signIn: stack.settings.signIn },
      ...{ database: true, apps: [appWithVolume] },
    };
    succeeded(await stack.clone.pulumi("stack", "init", LAPTOP));
    await stack.clone.configure(LAPTOP, settings);
    succeeded(await stack.clone.pulumi("up", "--yes", "--skip-preview", "--stack", LAPTOP));
    laptop = workHere(stack.clone, LAPTOP);
    before = await work.everything();
    succeeded(await move("lab", LAPTOP));
    assertSame(await laptop.everything(), before);
    const { code, text } = await stack.up({ allow: ["you@example.com", "eve@example.com"] });
    assert.equal(code, 1, text);
    assert.match(text, /This site has moved to https:\/\/jupyter\.laptop\.localhost:\d+\. Nothing was changed\./);
  });

  it("moves back to the VM with what was done on the laptop", async () => {
    succeeded(await move("lab", LAPTOP, "--done"));
    await laptop.change();
    before = await laptop.everything();
    succeeded(await move(LAPTOP, "lab"));
    assertSame(await work.everything(), before);
    assert.equal(await answerAt(address), "302");
    succeeded(await move(LAPTOP, "lab", "--done"));
  });
});
