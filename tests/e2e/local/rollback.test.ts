import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { parse, stringify } from "yaml";
import { freePort } from "../../../offline/support/freePort.ts";
import { Clone, type Outcome } from "../support/clone.ts";
import { containersOf } from "../support/docker.ts";

const STACK = "again";
const PROJECT = `jupyter-up-${STACK}`;
const whoami = { name: "whoami", image: "docker.io/traefik/whoami:v1.11.0", port: 80 };

describe("npm run rollback", () => {
  let clone: Clone;
  let first: string;
  let config: Record<string, unknown>;

  const succeeded = ({ code, text }: Outcome) => {
    assert.equal(code, 0, text);
    return text;
  };
  const pulumi = async (...args: string[]) => succeeded(await clone.pulumi(...args, "-s", STACK));
  const rollback = (...args: string[]) => clone.npm("run", "rollback", "--", "-s", STACK, ...args);
  const hasApp = async () => (await containersOf(PROJECT)).some((name) => name.includes("whoami"));

  /** Brings the site up with these apps, and returns the ID of the release. */
  async function up(apps: object[]): Promise<string> {
    const file = join(clone.folder, `Pulumi.${STACK}.yaml`);
    await writeFile(file, stringify({ ...config, config: { ...(config.config as object), "jupyter-up:apps": apps } }));
    const text = await pulumi("up", "--yes", "--skip-preview", "--non-interactive");
    const [, release] = /Release (\w+) is running/.exec(text) ?? [];
    assert.ok(release, text);
    return release;
  }

  beforeAll(async () => {
    clone = await Clone.make();
    const settings = {
      target: "local",
      domain: "lab.localhost",
      port: await freePort(),
      httpPort: await freePort(),
      notebooks: "notebooks-again",
      allow: ["you@example.com"],
      signIn: { provider: "dex", users: [{ email: "you@example.com" }] },
    };
    succeeded(await clone.pulumi("stack", "init", STACK));
    const { encryptionsalt } = parse(await clone.read(`Pulumi.${STACK}.yaml`));
    config = {
      encryptionsalt,
      config: Object.fromEntries(Object.entries(settings).map(([key, value]) => [`jupyter-up:${key}`, value])),
    };
    first = await up([]);
    await up([whoami]);
  });
  afterAll(async () => {
    await clone?.pulumi("destroy", "--yes", "--skip-preview", "-s", STACK);
    await clone?.remove();
  });

  it("asks before it changes anything, and lists the releases", async () => {
    const { code, text } = await rollback();
    assert.equal(code, 1);
    assert.match(text, new RegExp(`Release ${first} .*replaces`));
    assert.match(text, /Add --yes to roll back\./);
    const listed = succeeded(await rollback("--list"));
    assert.match(
      listed,
      new RegExp(`^\\w+ +[-\\d]+ [:\\d]+ UTC +runs; new: whoami:v1.11.0\\n${first} +[-\\d]+ [:\\d]+ UTC$`, "m"),
    );
    assert.equal(await hasApp(), true);
  });

  it("runs the release before; the next preview says so, and the next `pulumi up` releases the settings again", async () => {
    const text = succeeded(await rollback("--yes"));
    assert.match(text, new RegExp(`Release ${first} is running again, instead of \\w+\\.`));
    assert.equal(await hasApp(), false);

    const preview = await pulumi("preview", "--non-interactive");
    assert.match(preview, new RegExp(`The site was rolled back to release ${first} \\(npm run rollback\\)\\.`));
    assert.match(preview, /site-release +update/);

    await up([whoami]);
    assert.equal(await hasApp(), true);
    assert.doesNotMatch(await pulumi("preview", "--non-interactive", "--expect-no-changes"), /rolled back/);
  });

  it("that fails is not forgotten by the next `pulumi up`", async () => {
    const replace = ["--yes", "--skip-preview", "--non-interactive", "--target-replace", "**site-release"];
    const words = ["--silent", "run", "pulumi", "--", "up", "-s", STACK, ...replace];
    const { code, text } = await clone.run("npm", words, { JUPYTER_UP_ROLLBACK: "0123" });
    assert.notEqual(code, 0, text);
    assert.match(text, /Release 0123 is not on this machine\./);
    assert.match(await pulumi("preview", "--non-interactive"), /site-release +create/);
    await up([whoami]);
    assert.equal(await hasApp(), true);
  });
});
