import assert from "node:assert/strict";
import { test } from "@jest/globals";
import { parse } from "yaml";
import {
  composeLive,
  configOf,
  inQuotes,
  requireYaml,
  withMachine,
  withoutCiphers,
  writeAllBack,
  writeBack,
} from "../../../scripts/pulumi/stackConfig.ts";

const tracked = `# The site on this machine.
config:
  jupyter-up:domain: lab.localhost
  # Who may come in.
  jupyter-up:allow:
    - you@example.com # you
  jupyter-up:signIn:
    provider: dex
    users:
      - email: you@example.com
`;
const salt = "encryptionsalt: v1:own\n";
const machine = { "jupyter-up:imageMirror": "127.0.0.1:5083" };

/** The live file after the CLI has rewritten it: without comments, in its own order. */
function rewritten(change: (config: Record<string, unknown>) => void): string {
  const config = structuredClone(configOf(composeLive(tracked, salt, machine)));
  change(config);
  return JSON.stringify({ encryptionsalt: "v1:own", config });
}

test("the live file is the tracked file with this clone's salt and the machine's settings", () => {
  assert.deepEqual(parse(composeLive(tracked, salt, machine)), {
    encryptionsalt: "v1:own",
    config: { ...configOf(tracked), ...machine },
  });
});

test("a user's setting overrides the machine's", () => {
  const own = `${tracked}  jupyter-up:imageMirror: mirror.example.com\n`;
  assert.equal(configOf(composeLive(own, salt, machine))["jupyter-up:imageMirror"], "mirror.example.com");
});

test("an empty setting does not override the machine's", () => {
  const own = `${tracked}  jupyter-up:imageMirror: ""\n`;
  assert.equal(configOf(composeLive(own, salt, machine))["jupyter-up:imageMirror"], "127.0.0.1:5083");
});

test("a salt in the tracked file is not copied to the live file", () => {
  const live = parse(composeLive(`encryptionsalt: v1:theirs\n${tracked}`, "", {}));
  assert.equal(live.encryptionsalt, undefined);
});

test("the live file can be made from an empty tracked file, or one without config", () => {
  assert.deepEqual(parse(composeLive("", salt, machine)), { encryptionsalt: "v1:own", config: machine });
  assert.deepEqual(parse(composeLive("# nothing yet\n", salt, {})), { encryptionsalt: "v1:own" });
});

test("a text that the CLI would change is quoted in the live file, and unchanged in the tracked file", () => {
  const written = [
    "2026-08-08",
    "off",
    "0755",
    "0o755",
    "0x1F",
    "1_000",
    "1e3",
    ".5",
    "+1",
    "1.10",
    "123456789012345678901",
  ];
  const list = (texts: string[]) => texts.map((text) => `    - ${text}\n`).join("");
  const own = `config:\n  jupyter-up:port: 8443\n  jupyter-up:database: False\n  jupyter-up:x:\n${list(written)}`;
  const live = composeLive(own, "", {});
  assert.equal(live, own.replace(list(written), list(written.map((text) => `"${text}"`))));
  assert.deepEqual(configOf(own)["jupyter-up:x"], written);
  assert.equal(writeBack(own, live, {}), own);
});

test("inQuotes() quotes the texts that the CLI would change, and changes nothing else", () => {
  const own = "encryptionsalt: v1:x\nconfig:\n  # Rights.\n  jupyter-up:x: 0755 # of files\n  jupyter-up:port: 8443\n";
  assert.equal(inQuotes(own), own.replace("0755", '"0755"'));
  const oddly = "config:\n    jupyter-up:allow:   [ann@example.com]\n";
  assert.equal(inQuotes(oddly), oddly);
  assert.equal(inQuotes(""), "");
});

test("a text changed by the CLI is written back in quotes", () => {
  const live = 'config:\n  jupyter-up:x: "0755"\n  jupyter-up:y: "0644"\n';
  assert.equal(writeBack("config:\n  jupyter-up:x: 0644\n  jupyter-up:y: 0644\n", live, {}), live);
});

test("anchors, aliases and merged keys have the same meaning in the live file, and stay in the tracked file", () => {
  const own =
    "config:\n  jupyter-up:x: &x 0755\n  jupyter-up:y: *x\n  jupyter-up:z: &z\n    a: b\n  jupyter-up:w:\n    <<: *z\n";
  const live = composeLive(own, salt, machine);
  assert.match(live, /x: &x "0755"\n/);
  assert.deepEqual(configOf(live), { ...configOf(own), ...machine });
  assert.deepEqual(configOf(own)["jupyter-up:w"], { a: "b" });
  assert.equal(writeBack(own, JSON.stringify({ config: configOf(live) }), machine), own);
});

test("writing back without changes leaves the tracked file identical", () => {
  const oddly = tracked.replace("- you@example.com #", "-   you@example.com   #");
  const live = JSON.stringify({ encryptionsalt: "v1:own", config: { ...configOf(oddly), ...machine } });
  assert.equal(writeBack(oddly, live, machine), oddly);
});

test("writing back adds a new setting, and keeps every comment", () => {
  const live = rewritten((config) => {
    config["jupyter-up:imageTag"] = "2026-08-15";
  });
  assert.equal(writeBack(tracked, live, machine), `${tracked}  jupyter-up:imageTag: "2026-08-15"\n`);
});

test("writing back keeps the place and the comment of a changed setting", () => {
  const live = rewritten((config) => {
    config["jupyter-up:domain"] = "example.com";
    config["jupyter-up:allow"] = ["you@example.com", "@example.com"];
  });
  assert.equal(
    writeBack(tracked, live, machine),
    tracked.replace("domain: lab.localhost", "domain: example.com").replace("# you\n", '# you\n    - "@example.com"\n'),
  );
});

test("writing back adds the first setting to a file without any", () => {
  const live = JSON.stringify({ config: { "jupyter-up:domain": "example.com" } });
  assert.equal(writeBack("config:\n", live, {}), "config:\n  jupyter-up:domain: example.com\n");
  assert.deepEqual(configOf(writeBack("", live, {})), { "jupyter-up:domain": "example.com" });
  assert.deepEqual(configOf(composeLive("config:\n", "", machine)), machine);
});

test("writing back removes a removed setting and a removed list entry", () => {
  const live = rewritten((config) => {
    delete config["jupyter-up:domain"];
    config["jupyter-up:signIn"] = { provider: "dex", users: [] };
  });
  const config = configOf(writeBack(tracked, live, machine));
  assert.deepEqual(Object.keys(config), ["jupyter-up:allow", "jupyter-up:signIn"]);
  assert.deepEqual(config["jupyter-up:signIn"], { provider: "dex", users: [] });
});

test("writing back omits the machine's settings and the salt", () => {
  const text = writeBack(
    tracked,
    rewritten(() => {}),
    machine,
  );
  assert.doesNotMatch(text, /5083|encryptionsalt/);
});

test("writing back includes a mirror that the user has set", () => {
  const live = rewritten((config) => {
    config["jupyter-up:imageMirror"] = "mirror.example.com";
  });
  assert.equal(configOf(writeBack(tracked, live, machine))["jupyter-up:imageMirror"], "mirror.example.com");
});

test("writing back keeps a secret as its ciphertext", () => {
  const live = rewritten((config) => {
    config["jupyter-up:x"] = { secure: "v1:abc:def" };
  });
  assert.deepEqual(configOf(writeBack(tracked, live, machine))["jupyter-up:x"], { secure: "v1:abc:def" });
});

const dev = `encryptionsalt: v1:theirs\n${tracked}`;

test("the live file of another stack is its own file, with its keys, and the machine's settings", () => {
  assert.deepEqual(parse(withMachine(dev, machine)), {
    encryptionsalt: "v1:theirs",
    config: { ...configOf(dev), ...machine },
  });
});

test("another stack's own file stays identical if the CLI has rewritten the same settings", () => {
  const live = JSON.stringify({ encryptionsalt: "v1:theirs", config: { ...configOf(dev), ...machine } });
  assert.equal(writeAllBack(dev, live, machine), dev);
});

test("a boolean or number that the CLI wrote as a text keeps its form in the stack's file", () => {
  const own = "config:\n  jupyter-up:database: false\n  jupyter-up:port: 8443\n";
  const live = 'config:\n  jupyter-up:database: "false"\n  jupyter-up:port: "8443"\n';
  assert.equal(writeAllBack(own, live, {}), own);
});

test("a new key of another stack is written to its own file", () => {
  const live = JSON.stringify({ encryptionsalt: "v1:new", config: { ...configOf(tracked), ...machine } });
  assert.deepEqual(parse(writeAllBack(tracked, live, machine)), {
    encryptionsalt: "v1:new",
    config: configOf(tracked),
  });
});

test("withoutCiphers() replaces encrypted values with valid placeholders", () => {
  const config = {
    "jupyter-up:ssh": { host: "a", privateKey: { secure: "v1:x" } },
    list: [{ passwordHash: { secure: "v1:y" } }],
  };
  const plain = withoutCiphers(config) as {
    "jupyter-up:ssh": { privateKey: string };
    list: { passwordHash: string }[];
  };
  assert.match(plain["jupyter-up:ssh"].privateKey, /^-----BEGIN PRIVATE KEY-----/);
  assert.match(plain.list[0]?.passwordHash ?? "", /^\$2b\$10\$.{53}$/);
});

test("a file that is not YAML is refused with its name and the position, without its content", () => {
  const twice = `${tracked}  jupyter-up:domain: secret.example.com\n`;
  assert.throws(() => requireYaml(twice, "Pulumi.local.yaml"), {
    name: "PlainError",
    message:
      "Pulumi.local.yaml is not valid YAML: Map keys must be unique at line 11, column 3.\n\nCorrect the file there, and run the command again.",
  });
  for (const text of ["config: {", "config:\n\tallow: 1\n", "a: b: c", "config:\n   a: b\n  c: d\n"])
    assert.throws(
      () => requireYaml(text, "Pulumi.local.yaml"),
      /is not valid YAML: .* at line \d+, column \d+\.\n/,
      text,
    );
});

const refused: [name: string, text: string | Uint8Array, why: string][] = [
  ["of two documents", "config:\n---\nconfig:\n", "a second document begins at line 2, column 1"],
  ["with an undefined alias", "config:\n  a: *b\n", "there is no anchor for *b at line 2, column 6"],
  ["that is a list", "- a\n", "the file must contain settings by name, one per line, at line 1, column 1"],
  [
    "whose config is a list",
    "config: [a]\n",
    "config must contain settings by name, one per line, at line 1, column 9",
  ],
  ["that is not UTF-8", Uint8Array.of(0x61, 0xff), "it is not UTF-8 text"],
];
for (const [name, text, why] of refused)
  test(`a file ${name} is refused with a readable message`, () => {
    assert.throws(() => requireYaml(text, "Pulumi.local.yaml"), {
      name: "PlainError",
      message: `Pulumi.local.yaml is not valid YAML: ${why}.\n\nCorrect the file there, and run the command again.`,
    });
  });

test("a valid file is returned unchanged: only comments, CRLF, a byte order mark, a tag", () => {
  for (const text of ["", tracked, tracked.replaceAll("\n", "\r\n"), "# nothing yet\n", "config:\n", "a: !unknown b\n"])
    assert.equal(requireYaml(text, "Pulumi.local.yaml"), text);
  assert.equal(requireYaml(Buffer.from(`\ufeff${tracked}`), "Pulumi.local.yaml"), tracked);
});

test("reading a file with YAML warnings emits no warning of Node", () => {
  const warned: Error[] = [];
  // jest itself runs on an experimental feature of Node.
  const listen = (warning: Error) => warning.name !== "ExperimentalWarning" && warned.push(warning);
  process.on("warning", listen);
  const own = "config:\n  a: !unknown b\n  b: 2026-08-08\n  c: off\n  d: 1_000\n";
  requireYaml(own, "Pulumi.local.yaml");
  writeAllBack(own, composeLive(own, salt, machine), machine);
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    process.off("warning", listen);
    assert.deepEqual(warned, []);
  });
});
