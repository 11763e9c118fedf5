import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import ssh2 from "ssh2";
import { parseDocument } from "yaml";
import { removeMachine } from "../../../offline/cloud/machines.ts";
import { launch, person, signIn } from "../../e2e/support/browser.ts";
import type { Outcome } from "../../e2e/support/clone.ts";
import { answerAt, appWithVolume, CloudStack, workHere, workOf } from "../../e2e/support/cloudStack.ts";
import { containersOf, networksOf } from "../../e2e/support/docker.ts";
import { createSshMachine } from "../../e2e/support/sshMachine.ts";
import { assertSame, readTableInNotebook, type State, type Work } from "../../e2e/support/work.ts";

const PROJECT = "jupyter-up-local";
const MACHINE = "somewhere-lab";
const OLD = "https://jupyter.lab.localhost:8443";
const NEW = "https://jupyter.lab.example.com";

/** From the stack `local` to the stack `lab`, with target ssh, of the same clone. Each test continues after the one before it. */
describe("a user who moves from this machine to another one", () => {
  let stack: CloudStack;
  let address: string;
  let old: Work;
  let before: State;
  let browser: Browser;
  let page: Page;
  const ann = ssh2.utils.generateKeyPairSync("ed25519");
  const next = workOf((command) => stack.on(MACHINE, command));

  const succeeded = ({ code, text }: Outcome) => {
    assert.equal(code, 0, text);
    return text;
  };

  /** Runs `npm run move` with the key of the machine in an ssh agent. */
  const move = (action: "--yes" | "--undo" | "--done") => {
    const command = `ssh-add -q '${stack.cloud.folder}/ann'; npm --silent run move -- --from local --to lab ${action}`;
    return stack.clone.run("ssh-agent", ["sh", "-ec", command]);
  };

  /** Opens the page of a closed site, and returns the address that it shows. */
  async function newAddressAt(url: string): Promise<string | null> {
    await page.goto(url);
    assert.equal(await page.textContent("h1"), "This site has moved");
    return page.getByRole("link", { name: "Open the new site" }).getAttribute("href");
  }

  beforeAll(async () => {
    const apps = [appWithVolume];
    stack = await CloudStack.make({ target: "ssh", database: true, apps });
    const { clone, cloud } = stack;
    await writeFile(join(cloud.folder, "ann"), `${ann.private}\n`, { mode: 0o600 });
    const machine = await createSshMachine(stack, MACHINE, "somewhere", ann.public);
    address = machine.host;
    await stack.write({ ssh: { user: "ann", privateKey: ann.private, ...machine } });
    const settings = parseDocument(await clone.read("Pulumi.local.yaml"));
    settings.setIn(["config", "jupyter-up:apps"], settings.createNode(apps));
    await writeFile(join(clone.folder, "Pulumi.local.yaml"), settings.toString());
    for (const outcome of await Promise.all([clone.npm("start"), stack.up()])) succeeded(outcome);

    old = workHere(clone, "local");
    await old.make();
    before = await old.everything();
    browser = await launch(`MAP *.lab.example.com ${address}`);
    ({ page } = await person(browser));
  });
  afterAll(async () => {
    await browser?.close();
    if (stack) {
      // After a failed test, the site may still be closed. Such a site is not taken down.
      await rm(join(stack.clone.folder, ".state/local/data/moving"), { recursive: true, force: true });
      await stack.clone.npm("stop");
      await removeMachine(stack.cloud, MACHINE);
    }
    await stack?.remove();
  });

  it("moves every file, table and volume with `npm run move`", async () => {
    const text = succeeded(await move("--yes"));
    assert.ok(text.includes(`Everything is at ${NEW} now. ${OLD} shows this address, and keeps its data.`), text);
    assertSame(await next.everything(), before);
  });

  it("finds the new address at the old one, signs in there, and reads the table in the notebook", async () => {
    const found = await newAddressAt(`${OLD}/lab`);
    assert.equal(found, NEW);
    await page.goto(`${found}/lab/tree/wines.ipynb?reset`);
    await signIn(page, "you@example.com", await stack.output("password"));
    await readTableInNotebook(page);
  });

  it("cannot open the old site with `npm start`, which names the commands that end the move", async () => {
    const { code, text } = await stack.clone.npm("start");
    assert.equal(code, 1, text);
    const command = "npm run move -- --from local --to lab";
    assert.ok(text.includes(`This site has moved to ${NEW}. Nothing was changed.`), text);
    assert.ok(text.includes(`Finish the move: ${command} --done. Or use this site again: ${command} --undo.`), text);
    assert.equal(await newAddressAt(OLD), NEW);
  });

  it("goes back with --undo: the old site opens with its work, and the new one shows its address", async () => {
    const text = succeeded(await move("--undo"));
    assert.match(text, new RegExp(`^${OLD} is open again`, "m"));
    assertSame(await old.everything(), before);
    assert.equal(await newAddressAt(NEW), OLD);
    await page.goto(`${OLD}/lab`);
    assert.equal(new URL(page.url()).host, "dex.lab.localhost:8443");
  });

  it("moves again, and takes the old site down after --done", async () => {
    succeeded(await move("--yes"));
    assertSame(await next.everything(), before);
    assert.match((await stack.clone.npm("stop")).text, /This site has moved to/);
    assert.match((await stack.clone.pulumi("stack", "--stack", "local", "--show-urns")).text, /::site-release$/m);
    assert.match(succeeded(await move("--done")), /This takes the old site down: npm stop$/m);
    succeeded(await stack.clone.npm("stop"));
    assert.deepEqual(await containersOf(PROJECT), []);
    assert.deepEqual(await networksOf(PROJECT), []);
    assert.equal(await answerAt(address), "302");
  });
});
