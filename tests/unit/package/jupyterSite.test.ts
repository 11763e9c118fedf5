import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import type { JupyterSiteArgs } from "../../../package/args.ts";
import { JupyterSite } from "../../../package/index.ts";
import { settingsOfArgs } from "../../../package/settingsOfArgs.ts";
import { siteArgs } from "../../../scripts/docs/siteArgs.ts";
import { type Resource, type Run, runUnderMocks, secretOf } from "../../support/mocks.ts";
import { pulumiConfig } from "../../support/projectFile.ts";

const checkout = join(import.meta.dirname, "../../..");

const PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----";
/** A machine with SSH. Nothing listens there, so the checks of the machine fail at once. */
const machine = { host: "127.0.0.1", port: 1, hostKey: "ssh-ed25519 AAAA", address: "203.0.113.9" };
const site = {
  target: "ssh",
  domain: "lab.example.com",
  dns: "none",
  allow: ["ann@example.com"],
  signIn: { users: [{ email: "ann@example.com" }], provider: "dex" },
};
const args = (more: object = {}) =>
  ({ ...site, ssh: { ...machine, privateKey: pulumi.secret(PRIVATE_KEY) }, ...more }) as JupyterSiteArgs;

/** The message with which these arguments are refused. */
const refusalOf = (args: JupyterSiteArgs) =>
  settingsOfArgs("lab", args).then(
    () => assert.fail("The arguments were not refused."),
    ({ message }: Error) => message,
  );

const typeAndName = ({ type, name }: Resource) => `${type} ${name}`;

describe("A site as a component", () => {
  let result: Run;
  beforeAll(async () => {
    result = await runUnderMocks({}, async () => {
      const { url, address, urls, passwords, ssh } = new JupyterSite("lab", args());
      return { url, address, urls, passwords, ssh };
    });
  });

  it("creates the resources that a stack of this program has, below itself", async () => {
    const config = pulumiConfig({
      ...Object.fromEntries(Object.entries(site).map(([key, value]) => [`jupyter-up:${key}`, value])),
      "jupyter-up:ssh": { ...machine, privateKey: PRIVATE_KEY },
    });
    const program = () => import(`../../../index.ts?package=${process.pid}`);
    const { resources } = await runUnderMocks(config, program, {}, { encrypted: ["jupyter-up:ssh"] });
    const lab = result.resources.find(({ name }) => name === "lab");
    assert.deepEqual(
      result.resources
        .filter((resource) => resource !== lab)
        .map(typeAndName)
        .sort(),
      resources.map(typeAndName).sort(),
    );
    const stack = result.resources.find(({ type }) => type === "pulumi:pulumi:Stack");
    const ofStack = result.resources.filter(({ parent }) => parent === stack?.urn);
    assert.deepEqual(ofStack.map(typeAndName), ["jupyter-up:index:JupyterSite lab"]);
  });

  it("has the site's outputs, of which only secrets are secret", () => {
    const { url, address, urls, passwords, ssh } = result.exports;
    assert.deepEqual([url, address], ["https://jupyter.lab.example.com", "203.0.113.9"]);
    assert.equal((urls as Record<string, string>).jupyter, url);
    assert.match(String(ssh), /^ssh /);
    assert.deepEqual(Object.keys(secretOf(passwords) as object), ["ann@example.com"]);
  });

  it("is refused with all that is wrong with its arguments, and no command that changes the stack's config", async () => {
    const message = await refusalOf(args({ domain: "no domain", allow: ["ann"], timezone: "Mars" }));
    assert.match(message, /^3 things are wrong with the arguments of the JupyterSite lab\. The site was not changed\./);
    for (const key of ["domain", "allow[0]", "timezone"]) assert.ok(message.includes(`\n  ${key}: `), message);
    assert.doesNotMatch(message, /pulumi config|:$/m);
  });

  it("is refused if a secret is in plain text", async () => {
    const message = await refusalOf(args({ ssh: { ...machine, privateKey: PRIVATE_KEY } }));
    assert.match(message, /\n {2}ssh\.privateKey: this secret is readable/);
  });

  it("is refused on the machine of the program, for which npm start exists", async () => {
    const message = await refusalOf(args({ target: "local" }));
    assert.match(message, /\n {2}target: a component makes a site on a VM of Google Cloud \(gcp\) or /);
  });

  it("is refused with a value that a preview does not know", async () => {
    const message = await refusalOf(args({ tlsKey: pulumi.output(pulumi.unknown) }));
    assert.match(message, /\n {2}tlsKey: its value is known only after another resource was created\./);
  });

  it("has one argument for each setting of Pulumi.yaml, with its description", async () => {
    const [projectFile, current] = await Promise.all(
      ["Pulumi.yaml", "package/args.ts"].map((file) => readFile(join(checkout, file), "utf8")),
    );
    assert.equal(current, siteArgs(projectFile ?? ""), "package/args.ts is out of date: npm run docs");
  });
});
