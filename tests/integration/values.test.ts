import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { stringify } from "yaml";
import { explanationsOfTheCli } from "../../scripts/pulumi/explanations.ts";
import { run } from "../support/command.ts";
import { oddTexts } from "../support/texts.ts";

/** The settings that the program reads in a stack. */
interface Read {
  settings?: {
    database: { tag: string };
    jupyter: { packages: string[] };
    sessionRotation?: string;
    apps: { title?: string; environment: Record<string, string>; secrets: Record<string, string> }[];
  };
  refused?: string;
}

const checkout = new URL("../../", import.meta.url).pathname;
const variables = Object.fromEntries(oddTexts.map((text, index) => [`V${index}`, text]));
const people = {
  "jupyter-up:allow": ["ann@example.com"],
  "jupyter-up:signIn": { users: [{ email: "ann@example.com" }] },
};

/** Escapes control characters, which YAML forbids, and line ends that only some readers know. */
const inQuotes = (text: string) =>
  JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff]/g,
    (odd) => `\\u${odd.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** Unquoted texts that Pulumi changes; the other odd texts that can be unquoted arrive unchanged. */
const misread = [
  ...[
    "9223372036854775808",
    "123456789012345678901234",
    "0755",
    "0o755",
    "0x1F",
    "0b11",
    "1_000",
    "1_0.5",
    "1e3",
    "1.5e3",
  ],
  ...[".5", "5.", "+1", "+491701234567", "-0", "1.10", "1.0", "0.00001", "1234567.1"],
  ...["2026-08-17", "2026-8-7", "2026-08-17T00:00:00Z", "2026-08-17 12:30:00", "True"],
];
const unquoted = Object.entries(variables).filter(
  // YAML reads the others as null or as other syntax, and the CLI refuses infinite numbers.
  ([, text]) => /^[\w.+:-]+( [\d:]+)?$/.test(text) && !["null", ".inf", "-.NaN"].includes(text),
);

describe("With the real Pulumi CLI, the program gets a text unchanged", () => {
  const folder = mkdtempSync(join(tmpdir(), "jupyter-up-values-"));
  const stackFile = join(folder, "Pulumi.values.yaml");
  const env = {
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "x",
    PULUMI_STACK: "values",
    PULUMI_OPTION_CONFIG_FILE: stackFile,
    SETTINGS_READ: join(folder, "read.json"),
  };
  let salt = "";

  async function pulumi(args: string[], input = ""): Promise<void> {
    const { code, output } = await run("pulumi", ["-C", folder, ...args], { env, input });
    assert.equal(code, 0, output);
  }
  /** Writes the stack's file: an app whose environment is these lines, and more settings. */
  function write(environment: string[], settings = ""): void {
    const app = "    - name: whoami\n      image: traefik/whoami:v1.11.0\n      port: 80\n      environment:\n";
    const lines = environment.map((line) => `        ${line}\n`).join("");
    writeFileSync(stackFile, `${salt}${stringify({ config: people })}  jupyter-up:apps:\n${app}${lines}${settings}`);
  }
  async function read(): Promise<Read> {
    await pulumi(["preview"]);
    return JSON.parse(readFileSync(env.SETTINGS_READ, "utf8"));
  }
  async function settingsRead(): Promise<NonNullable<Read["settings"]>> {
    const { settings, refused } = await read();
    assert.equal(refused, undefined);
    assert.ok(settings);
    return settings;
  }

  beforeAll(async () => {
    const program = join(checkout, "tests/support/settings.program.ts");
    const project = readFileSync(join(checkout, "Pulumi.yaml"), "utf8").replace("main: index.ts", `main: ${program}`);
    writeFileSync(join(folder, "Pulumi.yaml"), project);
    symlinkSync(join(checkout, "node_modules"), join(folder, "node_modules"));
    await pulumi(["stack", "init", "values"]);
    salt = readFileSync(stackFile, "utf8");
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("if it is quoted in the stack's file, also after the CLI has rewritten the file", async () => {
    write(Object.entries(variables).map(([name, text]) => `${name}: ${inQuotes(text)}`));
    assert.deepEqual((await settingsRead()).apps[0]?.environment, variables);
    await pulumi(["config", "set", "sessionRotation", "0755"]);
    const { apps, sessionRotation } = await settingsRead();
    assert.deepEqual([apps[0]?.environment, sessionRotation], [variables, "0755"]);
  });

  it("if it is unquoted, or refuses it with the command that sets it correctly", async () => {
    write(
      unquoted.map(([name, text]) => `${name}: ${text}`),
      "  jupyter-up:databaseTag: 11.10\n  jupyter-up:imageTag: 2026-08-17\n",
    );
    const { refused = "" } = await read();
    const found = [...refused.matchAll(/found (.+) without quotes/g)].map(([, text]) => text);
    assert.deepEqual(found.sort(), [...misread, "11.10"].sort());
    const commands = [...refused.matchAll(/^ {4}pulumi (.+)$/gm)].map(
      ([, words]) => `pulumi -C '${folder}' ${words}\n`,
    );
    const { code, output } = await run("sh", ["-e"], { env, input: commands.join("") });
    assert.equal(code, 0, output);
    const { apps, database } = await settingsRead();
    assert.deepEqual([apps[0]?.environment, database.tag], [Object.fromEntries(unquoted), "11.10"]);
  });

  it("in a list of texts, in which the CLI refuses a number, with an explanation of the fix", async () => {
    write(["A: a"], "  jupyter-up:packages: [7]\n");
    const { code, output } = await run("pulumi", ["-C", folder, "preview"], { env });
    assert.notEqual(code, 0);
    const [words = ""] = explanationsOfTheCli(output);
    const [command = ""] = words.split("\n").slice(-1);
    const input = command.replace("pulumi", `pulumi -C '${folder}'`).replace("'<entry>'", "7");
    assert.deepEqual(await run("sh", ["-e"], { env, input }), { code: 0, output: "" });
    assert.deepEqual((await settingsRead()).jupyter.packages, ["7"]);
  });

  it("if it is unquoted and `npm run pulumi` runs the CLI, which quotes it first", async () => {
    const own = join(checkout, "Pulumi.values-test.yaml");
    const written = "config:\n  # Of MariaDB.\n  jupyter-up:databaseTag: 11.10 # not 11.1\n";
    writeFileSync(own, written);
    try {
      const { PULUMI_STACK: _, PULUMI_OPTION_CONFIG_FILE: __, ...elsewhere } = env;
      for (const words of ["stack init -s values-test --no-select", "config set -s values-test sessionRotation 0755"])
        assert.equal(
          (await run(process.execPath, ["scripts/pulumi.ts", ...words.split(" ")], { env: elsewhere })).code,
          0,
        );
      const rotation = '  jupyter-up:sessionRotation: "0755"\n';
      assert.ok(
        readFileSync(own, "utf8").startsWith(written.replace("11.10", '"11.10"') + rotation),
        readFileSync(own, "utf8"),
      );
    } finally {
      rmSync(own);
    }
  });

  it("if it is set by `pulumi config set`, encrypted or not", async () => {
    write(["A: a"]);
    const set = ["config", "set", "--path"];
    for (const text of ["123456789012345678", "0755", "1.10", "2026-08-17", "true", "$HOME", " a"])
      await pulumi([...set, `apps[0].environment.V${oddTexts.indexOf(text)}`, text]);
    for (const text of ["+1", "123456789012345678901234", "{{7*7}}", "\ta", "李 🌱", '"quoted"'])
      await pulumi([...set, "--secret", `apps[0].secrets.V${oddTexts.indexOf(text)}`], text);
    await pulumi([...set, "apps[0].title", "2026"]);
    const { apps } = await settingsRead();
    assert.equal(apps[0]?.title, "2026");
    // A value beside a secret counts as secret.
    for (const [name, text] of Object.entries({ ...apps[0]?.environment, ...apps[0]?.secrets }))
      assert.equal(text, name === "A" ? "a" : variables[name]);
    assert.equal(Object.keys(apps[0]?.secrets ?? {}).length, 14);
  });
});
