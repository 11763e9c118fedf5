import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { getCompileCacheDir } from "node:module";
import { afterAll, beforeAll, describe, it, jest } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { selfSigned } from "../../../offline/support/certificate.ts";
import { inCluster } from "../../support/kubeconfig.ts";
import { MARKER, openTexts, type Resource, type Run, runUnderMocks, secretOf } from "../../support/mocks.ts";
import { pulumiConfig } from "../../support/projectFile.ts";
import { manifestOf, unpack } from "../../support/unpack.ts";

let runs = 0;
/** Evaluates index.ts again and returns its outputs: Node caches a module by its whole URL, so each run has its own query. */
async function program(): Promise<unknown> {
  runs += 1;
  return (await import(`../../../index.ts?run=${runs}`)).default;
}

const people = {
  "jupyter-up:allow": ["ann@example.com"],
  "jupyter-up:signIn": { users: [{ email: "ann@example.com", name: "Ann" }, { email: "bob@example.com" }] },
};

/** A machine with SSH. Nothing listens there, so the program's checks of the machine fail at once. */
const reached = { host: "127.0.0.1", port: 1, address: "203.0.113.7" };

describe("The program", () => {
  let run: Run;
  let commands: Resource[];
  const command = (name: string) => {
    const found = commands.find((each) => each.name === name);
    assert.ok(found, name);
    return found;
  };

  let mapped = 0;

  beforeAll(async () => {
    run = await runUnderMocks(pulumiConfig(people), () => {
      // Like source-map-support, which the SDK installs before it loads the program.
      Error.prepareStackTrace = (_error, frames) => {
        if (frames.some((frame) => frame.getFileName()?.includes("/components/"))) mapped += 1;
        return "";
      };
      return program();
    });
    commands = run.resources.filter(({ type }) => type.startsWith("command:"));
  });

  it("creates exactly these resources", () => {
    assert.deepEqual(run.resources.map(({ type, name }) => `${type} ${name}`).sort(), [
      "command:local:Command site-release",
      "command:local:Command site-secrets",
      "command:local:Command site-setup",
      "jupyter-up:index:CertificateAuthority certificate-authority",
      "jupyter-up:index:PrivateAuthority certificate",
      "jupyter-up:index:SiteRelease site",
      "jupyter-up:index:SiteSecrets secrets",
      "jupyter-up:index:ThisMachine host",
      "pulumi:pulumi:Stack jupyter-up-test",
      "random:index/randomPassword:RandomPassword secrets-backup",
      "random:index/randomPassword:RandomPassword secrets-database-notebooks",
      "random:index/randomPassword:RandomPassword secrets-database-root",
      "random:index/randomPassword:RandomPassword secrets-door",
      "random:index/randomPassword:RandomPassword secrets-naming",
      "random:index/randomPassword:RandomPassword secrets-oidc-client",
      "random:index/randomPassword:RandomPassword secrets-password-ann@example.com",
      "random:index/randomPassword:RandomPassword secrets-password-bob@example.com",
      "random:index/randomPassword:RandomPassword secrets-vouch-jwt",
      "random:index/randomPassword:RandomPassword secrets-vouch-session",
      "tls:index/certRequest:CertRequest certificate-request",
      "tls:index/locallySignedCert:LocallySignedCert certificate-leaf",
      "tls:index/privateKey:PrivateKey certificate-authority-key",
      "tls:index/privateKey:PrivateKey certificate-key",
      "tls:index/selfSignedCert:SelfSignedCert certificate-authority-certificate",
    ]);
  });

  it("rolls back if a variable names a release", async () => {
    process.env.JUPYTER_UP_ROLLBACK = "0123abcd";
    try {
      const { resources } = await runUnderMocks(pulumiConfig(people), program);
      const { inputs } = resources.find(({ name }) => name === "site-release") ?? { inputs: { create: "" } };
      assert.match(String(inputs.create), /rollback --to 0123abcd/);
    } finally {
      delete process.env.JUPYTER_UP_ROLLBACK;
    }
  });

  it("enables Node's compile cache", () => {
    assert.notEqual(getCompileCacheDir(), undefined);
  });

  it("turns source maps off for the stack traces of resources", () => {
    assert.equal(mapped, 0);
    assert.match(String(new Error("one").stack), /program\.test\.ts:\d+:\d+/);
  });

  it("creates each provider's resource within a component, with a name that starts with the component's", () => {
    for (const { name, parent } of run.resources.filter(({ custom }) => custom)) {
      const component = run.resources.find(({ urn }) => urn === parent);
      assert.match(component?.type ?? "", /^jupyter-up:index:/, name);
      assert.ok(name.startsWith(`${component?.name}-`), name);
    }
  });

  it("sets the error hook on every resource, if the engine supports error hooks", async () => {
    const hooksOf = ({ resources }: Run) =>
      resources.flatMap(({ type, options }) => (type === "pulumi:pulumi:Stack" ? [] : [options.onError]));
    assert.deepEqual(
      hooksOf(run),
      run.resources.slice(1).map(() => ["explain"]),
    );
    const without = await runUnderMocks(pulumiConfig(people), program, {}, { errorHooks: false });
    assert.deepEqual(
      hooksOf(without),
      run.resources.slice(1).map(() => []),
    );
  });

  it("has no secret readable in the state or a preview", () => {
    for (const { name, inputs } of run.resources)
      for (const text of openTexts(inputs)) assert.equal(text.includes(MARKER), false, name);
    for (const [urn, outputs] of Object.entries(run.outputs))
      for (const text of openTexts(outputs)) assert.equal(text.includes(MARKER), false, urn);
  });

  it("passes the standard input of the secrets command as one secret, and logs no output of it", () => {
    const { stdin, logging } = command("site-secrets").inputs;
    const text = secretOf(stdin);
    assert.ok(typeof text === "string" && text.includes(MARKER));
    assert.equal(unpack(text).count, 13);
    assert.equal(logging, "none");
  });

  it("passes the release unencrypted, so that a preview shows each changed line", () => {
    const { stdin, logging } = command("site-release").inputs;
    assert.equal(secretOf(stdin), undefined);
    assert.ok(typeof stdin === "string");
    assert.match(stdin, /^\| {2}"project": "jupyter-up-test",$/m);
    assert.match(stdin, /^\|"true:ann@example\.com" allow;$/m);
    assert.equal(logging, "stdoutAndStderr");
  });

  it("passes the host program unencrypted", () => {
    assert.match(String(command("site-setup").inputs.stdin), /^#!\/bin\/sh\n# site-apply:/);
  });

  it("runs every command on the local machine", () => {
    assert.equal(commands.length, 3);
    for (const { type, name } of commands) assert.equal(type, "command:local:Command", name);
  });

  it("runs a command only if its input changed, without the previous output in its environment", () => {
    for (const { name, inputs } of commands) {
      assert.equal(inputs.addPreviousOutputInEnv, false, name);
      for (const key of ["triggers", "environment", "update", "interpreter", "dir", "assetPaths", "archivePaths"])
        assert.equal(inputs[key], undefined, `${name}: ${key}`);
    }
  });

  it("has single-line commands, because Pulumi prints a command that fails", () => {
    for (const { name, inputs } of commands) {
      assert.ok(typeof inputs.create === "string", name);
      assert.equal(inputs.create.includes("\n"), false, name);
      assert.ok(inputs.create.length < 1000, name);
    }
  });

  it("takes the site down when the set-up command is deleted, and has no other delete command", () => {
    assert.match(String(command("site-setup").inputs.delete), /site-apply'\\'' down jupyter-up-test' /);
    assert.equal(command("site-release").inputs.delete, undefined);
    assert.equal(command("site-secrets").inputs.delete, undefined);
  });

  it("runs set-up, secrets and release in this order", () => {
    assert.deepEqual(command("site-setup").dependencies, []);
    assert.deepEqual(command("site-secrets").dependencies.includes(command("site-setup").urn), true);
    assert.deepEqual(command("site-release").dependencies.includes(command("site-secrets").urn), true);
  });

  it("requests a certificate for every host name of the site", () => {
    const request = run.resources.find(({ type }) => type === "tls:index/certRequest:CertRequest");
    assert.deepEqual(request?.inputs.dnsNames, [
      "lab.localhost",
      "vouch.lab.localhost",
      "dex.lab.localhost",
      "jupyter.lab.localhost",
    ]);
  });

  it("outputs the site's URL and its users", () => {
    const { password, passwords, notebooks, certificateAuthority, ...others } = run.exports;
    assert.deepEqual(others, {
      url: "https://jupyter.lab.localhost:8443",
      home: "https://lab.localhost:8443",
      user: "ann@example.com",
    });
    assert.equal(notebooks, `${process.cwd()}/notebooks`);
    assert.match(String(certificateAuthority), /^-----BEGIN CERTIFICATE-----\ncertificate-authority-certificate\n/);
  });

  it("outputs passwords as secrets", () => {
    const { password, passwords } = run.exports;
    assert.equal(secretOf(password), `${MARKER}-secrets-password-ann@example.com-result`);
    assert.deepEqual(secretOf(passwords), {
      "ann@example.com": `${MARKER}-secrets-password-ann@example.com-result`,
      "bob@example.com": `${MARKER}-secrets-password-bob@example.com-result`,
    });
  });
});

describe("The program with keys of programs", () => {
  let run: Run;
  beforeAll(async () => {
    const keys = [{ name: "laptop", for: "ann@example.com", until: "2099-12-31" }];
    run = await runUnderMocks(pulumiConfig({ ...people, "jupyter-up:keys": keys }), program);
  });

  it("outputs the address and the key of each as a secret", () => {
    assert.deepEqual(secretOf(run.exports.keys), {
      laptop: {
        address: "https://jupyter.lab.localhost:8443/",
        key: `jup_${MARKER}-secrets-key-laptop-result`,
      },
    });
  });

  it("sends only its hash to the machine", () => {
    const release = run.resources.find(({ name }) => name === "site-release");
    const hash = createHash("sha256").update(`jup_${MARKER}-secrets-key-laptop-result`).digest("hex");
    assert.ok(JSON.stringify(release?.inputs).includes(`key:${hash} laptop ann@example.com 2099-12-31 read jupyter`));
    for (const { name, inputs } of run.resources.filter(({ type }) => type.startsWith("command:")))
      assert.equal(JSON.stringify(inputs).includes("secrets-key-laptop-result"), false, name);
  });
});

describe("The program with encrypted values in `apps`", () => {
  const whoami = {
    name: "whoami",
    image: "traefik/whoami:v1.11.0",
    port: 80,
    environment: { API_KEY: `sk-live-${MARKER}`, LEVEL: "3" },
    secrets: { TOKEN: `${MARKER}-token` },
  };
  const config = { ...people, "jupyter-up:apps": [whoami] };
  const stdinOf = ({ resources }: Run, name: string) => resources.find((each) => each.name === name)?.inputs.stdin;
  let run: Run;
  beforeAll(async () => {
    run = await runUnderMocks(pulumiConfig(config), program, {}, { encrypted: ["jupyter-up:apps"] });
  });

  it("has no variable of an app readable in the state or a preview", () => {
    for (const { name, inputs } of run.resources)
      for (const text of openTexts(inputs)) assert.doesNotMatch(text, new RegExp(`${MARKER}|API_KEY`), name);
  });

  it("sends the apps' variables with their secrets", () => {
    const text = String(secretOf(stdinOf(run, "site-secrets")));
    assert.ok(text.includes(`|API_KEY="sk-live-${MARKER}"\n`));
    assert.ok(text.includes(`|TOKEN="${MARKER}-token"\n`));
    assert.deepEqual(text.match(/^\|LEVEL=.*$/gm), ['|LEVEL="3"']);
  });

  it("sends the variables unencrypted if nothing in `apps` is encrypted", async () => {
    const open = { ...whoami, environment: { LEVEL: "3" }, secrets: {} };
    const plain = await runUnderMocks(pulumiConfig({ ...people, "jupyter-up:apps": [open] }), program);
    assert.match(String(stdinOf(plain, "site-release")), /^\| +LEVEL: "3"$/m);
  });
});

describe("The program's notices", () => {
  async function said(
    preview: boolean,
    settings: Record<string, unknown>,
    made: Record<string, Record<string, unknown>> = {},
  ): Promise<string[]> {
    const logs = (["info", "warn"] as const).map((level) =>
      jest.spyOn(pulumi.log, level).mockImplementation(() => Promise.resolve()),
    );
    const encrypted = ["jupyter-up:cluster"];
    await runUnderMocks(pulumiConfig({ ...people, ...settings }), program, made, { preview, encrypted });
    return logs.flatMap((log) => {
      const texts = log.mock.calls.map(([text]) => String(text).replace(/:.*/s, ""));
      log.mockRestore();
      return texts;
    });
  }

  it("say in each run that an image has known vulnerabilities", async () => {
    const old = { "jupyter-up:imageTag": "2026-01-05" };
    assert.deepEqual(await said(true, {}), []);
    assert.deepEqual(await said(false, {}), []);
    assert.deepEqual(await said(true, old), ["imageTag"]);
    assert.deepEqual(await said(false, old), ["imageTag"]);
  });

  it("say in a preview that homes in a cluster are not in the backup", async () => {
    const given = Object.fromEntries(Object.entries(inCluster).map(([key, value]) => [`jupyter-up:${key}`, value]));
    assert.deepEqual(await said(true, given), ["servers"]);
    assert.deepEqual(await said(false, given), []);
  });

  it("say that the site was rolled back, but not while it is rolled back again", async () => {
    const urn = "urn:pulumi:test::jupyter-up::jupyter-up:index:SiteRelease$command:local:Command::site-release";
    const made = { [urn]: { create: "sh '/lab/site/bin/site-apply' rollback --to 0123abcd" } };
    const words = async () => (await said(false, {}, made)).map((text) => text.replace(/ \(.*/s, ""));
    assert.deepEqual(await words(), ["The site was rolled back to release 0123abcd"]);
    process.env.JUPYTER_UP_ROLLBACK = "0123abcd";
    try {
      assert.deepEqual(await words(), []);
    } finally {
      delete process.env.JUPYTER_UP_ROLLBACK;
    }
  });

  it("say how long the first run takes on a new VM, and in each run what it costs", async () => {
    const free = "The VM and its disks stay within Google's free tier";
    const texts = async (preview: boolean) => (await said(preview, gcp)).map((text) => text.replace(/\..*/s, ""));
    assert.deepEqual(await texts(true), [free, "machineType"]);
    // Also without a preview.
    assert.deepEqual(await texts(false), [free, "machineType"]);
  });
});

describe("The program with the user's own certificate, encrypted", () => {
  it("has neither the certificate nor its key readable in the state or a preview", async () => {
    const names = ["example.com", "*.example.com"];
    const { certificate, certificateKey } = selfSigned(names);
    const own = {
      "jupyter-up:tls": "provided",
      "jupyter-up:tlsCertificate": certificate,
      "jupyter-up:tlsKey": certificateKey,
    };
    const config = pulumiConfig({ ...people, ...own, "jupyter-up:domain": "example.com" });
    const encrypted = ["jupyter-up:tlsCertificate", "jupyter-up:tlsKey"];
    const run = await runUnderMocks(config, program, {}, { encrypted });
    assert.ok(
      String(secretOf(run.resources.find(({ name }) => name === "site-secrets")?.inputs.stdin)).includes(
        "|-----BEGIN CERT",
      ),
    );
    for (const { name, inputs } of run.resources)
      for (const text of openTexts([inputs, run.outputs]))
        assert.doesNotMatch(text, /-----BEGIN (CERTIFICATE|PRIVATE KEY)/, name);
  });
});

describe("The program with an encrypted setting that it cannot keep secret", () => {
  it("fails with the command that decrypts it, without its value", async () => {
    let message = "";
    const attempt = () =>
      program().catch((error) => {
        ({ message } = error);
      });
    const config = pulumiConfig({ ...people, "jupyter-up:domain": "secret.example.com" });
    const encrypted = ["jupyter-up:domain", "jupyter-up:allow"];
    const { resources } = await runUnderMocks(config, attempt, {}, { encrypted });
    assert.equal(resources.length, 1);
    assert.match(message, /^2 things are wrong /);
    assert.match(message, /\n {4}pulumi config get domain \| pulumi config set --plaintext domain\n/);
    assert.doesNotMatch(message, /secret\.example\.com|ann@/);
  });
});

describe("The program in a stack whose name Compose refuses", () => {
  it("uses the same valid name in the release and in the command that takes the site down", async () => {
    const { resources } = await runUnderMocks(pulumiConfig(people), program, {}, { stackName: "Prod" });
    const inputsOf = (name: string) => resources.find((each) => each.name === name)?.inputs ?? {};
    const { project } = manifestOf(String(inputsOf("site-release").stdin));
    assert.match(project, /^jupyter-up-prod-[0-9a-f]{6}$/);
    assert.match(String(inputsOf("site-setup").delete), new RegExp(`site-apply.* down ${project}\\b`));
  });

  it("uses the same name in the message about an orphaned machine", async () => {
    const made = "urn:pulumi:Prod::jupyter-up::command:remote:Command::site-release";
    const connection = { host: "203.0.113.8", user: "root", hostKey: "ssh-ed25519 BBBB" };
    const ssh = { ...reached, privateKey: "-----BEGIN PRIVATE KEY-----", hostKey: "ssh-ed25519 AAAA" };
    const warn = jest.spyOn(pulumi.log, "warn").mockImplementation(() => Promise.resolve());
    const settings = pulumiConfig({ ...gcp, "jupyter-up:target": "ssh", "jupyter-up:ssh": ssh });
    const world = { stackName: "Prod", encrypted: ["jupyter-up:ssh"] };
    await runUnderMocks(settings, program, { [made]: { connection } }, world);
    const said = String(warn.mock.calls[0]?.[0]);
    warn.mockRestore();
    assert.match(said, /site-apply down jupyter-up-prod-[0-9a-f]{6}$/);
  });
});

describe("The program in a stack that was renamed", () => {
  it("creates nothing, and shows the commands that rename the site", async () => {
    const setup = "urn:pulumi:test::jupyter-up::jupyter-up:index:SiteRelease$command:local:Command::site-setup";
    const made = { [setup]: { delete: "sh '/lab/.state/old/site/bin/site-apply' down jupyter-up-old" } };
    let message = "";
    const refused = () =>
      program().catch((error: Error) => {
        message = error.message;
      });
    const { resources } = await runUnderMocks(pulumiConfig(people), refused, made);
    assert.deepEqual(
      resources.map(({ type }) => type),
      ["pulumi:pulumi:Stack"],
    );
    assert.match(
      message,
      /^Nothing was changed\. The stack's site runs as jupyter-up-old and would become jupyter-up-test: /,
    );
    assert.match(message, /\n {4}mv \.state\/old \.state\/test\n {4}pulumi up\n$/);
  });
});

describe("The program with a password hash in the settings", () => {
  const passwordHash = `$2b$10$${"a".repeat(53)}`;
  let run: Run;
  beforeAll(async () => {
    const signIn = { users: [{ email: "ann@example.com", passwordHash }] };
    run = await runUnderMocks(pulumiConfig({ ...people, "jupyter-up:signIn": signIn }), program);
  });

  it("generates no password, and outputs none", () => {
    assert.equal(
      run.resources.some(({ name }) => name.startsWith("secrets-password")),
      false,
    );
    assert.equal(secretOf(run.exports.password), "");
    assert.deepEqual(secretOf(run.exports.passwords), {});
  });

  it("sends the hash with the secrets, and has it nowhere readable", () => {
    const secrets = run.resources.find(({ name }) => name === "site-secrets");
    assert.ok(String(secretOf(secrets?.inputs.stdin)).includes(passwordHash));
    for (const { name, inputs } of run.resources)
      for (const text of openTexts(inputs)) assert.equal(text.includes(passwordHash), false, name);
  });
});

describe("The program with invalid settings", () => {
  const bad = { ...people, "jupyter-up:allow": [], "jupyter-up:port": 0, "jupyter-up:alow": ["ann@example.com"] };
  let thrown: unknown;
  let run: Run;
  beforeAll(async () => {
    run = await runUnderMocks(pulumiConfig(bad), async () => {
      thrown = await program().catch((error) => error);
    });
  });

  it("fails with one message, without a stack trace", () => {
    assert.ok(pulumi.RunError.isInstance(thrown));
    assert.ok(!("stack" in thrown), "a trace that nobody sees costs the SDK fifteen seconds");
    assert.equal(
      thrown.message,
      `3 things are wrong with the settings of the stack test. Nothing was changed.

  allow: the list is empty, so nobody could sign in. Add an address or a domain:
    pulumi config set --path 'allow[0]' ann@example.com

  port: 0 is not a port; a port is a whole number from 1 to 65535.
    pulumi config set port 8443

  alow: there is no such setting. Did you mean allow?
    pulumi config rm --path 'alow'
`,
    );
  });

  it("fails before the first resource", () => {
    assert.deepEqual(
      run.resources.map(({ type }) => type),
      ["pulumi:pulumi:Stack"],
    );
  });
});

const gcp = {
  ...people,
  "jupyter-up:target": "gcp",
  "gcp:accessToken": "of whoever tests",
  "jupyter-up:project": "my-project-123456",
  "jupyter-up:domain": "lab.example.com",
  "jupyter-up:dns": "none",
  "jupyter-up:sshFrom": ["203.0.113.7/32"],
};
const isCommand = ({ type }: Resource) => type.startsWith("command:");

describe("The program with target gcp", () => {
  let run: Run;
  beforeAll(async () => {
    run = await runUnderMocks(pulumiConfig(gcp), program);
  });

  it("creates a VM, with the same site as on the local machine", () => {
    const made = run.resources.map(({ type, name }) => `${type} ${name}`);
    assert.ok(made.includes("jupyter-up:index:GcpVm host"));
    assert.equal(made.includes("jupyter-up:index:ThisMachine host"), false);
    assert.deepEqual(
      run.resources.filter(isCommand).map(({ type, name }) => `${type} ${name}`),
      [
        "command:remote:Command host-provision",
        "command:remote:Command site-setup",
        "command:remote:Command site-secrets",
        "command:remote:Command site-release",
      ],
    );
  });

  it("creates each provider's resource within a component, with a name that starts with the component's", () => {
    for (const { name, parent } of run.resources.filter(
      ({ custom, type }) => custom && !type.startsWith("pulumi:providers:"),
    )) {
      const component = run.resources.find(({ urn }) => urn === parent);
      assert.ok(name.startsWith(`${component?.name}-`), name);
    }
  });

  it("has no secret readable in the state or a preview", () => {
    for (const { name, inputs } of run.resources)
      for (const text of openTexts(inputs)) assert.equal(text.includes(MARKER), false, name);
    for (const [urn, outputs] of Object.entries(run.outputs))
      for (const text of openTexts(outputs)) assert.equal(text.includes(MARKER), false, urn);
  });

  it("allows SSH only from sshFrom", () => {
    const rules = run.resources.filter(({ type }) => type === "gcp:compute/firewall:Firewall");
    const ssh = rules.filter(({ inputs }) => JSON.stringify(inputs.allows).includes('"22"'));
    assert.deepEqual(
      ssh.map(({ inputs }) => inputs.sourceRanges),
      [["203.0.113.7/32"]],
    );
  });

  it("outputs the addresses of the site and the VM, and the ssh command", () => {
    const { url, urls, address, callbackUrl, ssh, sshKey, readme } = run.exports;
    assert.equal(url, "https://jupyter.lab.example.com");
    assert.equal((urls as Record<string, string>).jupyter, url);
    assert.equal(address, "198.51.100.7");
    assert.equal(callbackUrl, "https://vouch.lab.example.com/auth");
    assert.match(String(ssh), / jupyter-up@198\.51\.100\.7$/);
    assert.match(String(secretOf(sshKey)), /^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    for (const [, name] of String(readme).matchAll(/\$\{outputs\.(\w+)\}/g)) assert.ok(run.exports[name ?? ""], name);
  });
});

describe("The program with target gcp, in another zone than the data disk", () => {
  const data = "urn:pulumi:test::jupyter-up::jupyter-up:index:GcpVm$gcp:compute/disk:Disk::host-data";
  const made = { [data]: { project: "my-project-123456", zone: "us-central1-b", size: 20 } };

  it("fails with a readable message before the first resource", async () => {
    let thrown: unknown;
    const settings = pulumiConfig(gcp);
    const attempt = async () => {
      thrown = await program().catch((error) => error);
    };
    const run = await runUnderMocks(settings, attempt, made);
    assert.ok(pulumi.RunError.isInstance(thrown));
    assert.match(thrown.message, /^Nothing was changed\. zone: the disk with your work is in us-central1-b/);
    assert.equal(run.resources.length, 1);
  });

  it("fails if the state has a disk with an unknown name", async () => {
    let thrown: unknown;
    const attempt = async () => {
      thrown = await program().catch((error) => error);
    };
    const other = { [data.replace("host-data", "machine-data")]: made[data] ?? {} };
    const run = await runUnderMocks(pulumiConfig({ ...gcp, "jupyter-up:protectData": false }), attempt, other);
    assert.match(String(thrown), /Nothing was changed\. The stack's state has gcp:compute\/disk:Disk::machine-data/);
    assert.equal(run.resources.length, 1);
  });

  it("moves the work to the new zone without protectData", async () => {
    const run = await runUnderMocks(pulumiConfig({ ...gcp, "jupyter-up:protectData": false }), program, made);
    const copy = run.resources.find(({ type }) => type === "gcp:compute/snapshot:Snapshot");
    assert.equal(copy?.inputs.zone, "us-central1-b");
  });
});

describe("The program with target gcp, with daily snapshots", () => {
  const urn = (type: string, name: string) => `urn:pulumi:test::jupyter-up::jupyter-up:index:GcpVm$${type}::${name}`;
  const disk = { project: "my-project-123456", zone: "us-central1-a", size: 20 };
  const old = {
    [urn("gcp:compute/disk:Disk", "host-data")]: disk,
    [urn("gcp:compute/resourcePolicy:ResourcePolicy", "host-snapshots")]: { name: "jupyter-up-test-daily" },
  };
  const rows: [what: string, dailySnapshots: unknown, made: typeof old | undefined, expected: boolean][] = [
    ["has none in a new stack", "", undefined, false],
    ["has them in a new stack if the setting says so", true, undefined, true],
    ["keeps those of an existing stack", "", old, true],
    ["stops those of an existing stack only if the setting says so", false, old, false],
  ];
  for (const [what, dailySnapshots, made, expected] of rows)
    it(what, async () => {
      const config = pulumiConfig({ ...gcp, "jupyter-up:dailySnapshots": dailySnapshots });
      const { resources } = await runUnderMocks(config, program, made);
      assert.equal(
        resources.some(({ name }) => name === "host-snapshots"),
        expected,
      );
    });
});

describe("The program with target gcp, behind Cloudflare, with sign-in by Google", () => {
  const names = ["lab.example.com", "vouch.lab.example.com", "jupyter.lab.example.com"];
  const google = { provider: "google", clientId: "0oa1", clientSecret: MARKER };
  const all = (run: Run, type: string) => run.resources.filter((each) => each.type === `cloudflare:index/${type}`);
  let run: Run;
  beforeAll(async () => {
    const cloudflare = { "jupyter-up:dns": "cloudflare", "cloudflare:apiToken": `${MARKER}-${"t".repeat(40)}` };
    const config = pulumiConfig({ ...gcp, ...cloudflare, "jupyter-up:signIn": google });
    run = await runUnderMocks(config, program, {}, { encrypted: ["jupyter-up:signIn"] });
  });

  it("creates a proxied DNS record for every host name", () => {
    const records = all(run, "dnsRecord:DnsRecord").map(({ inputs }) => inputs);
    assert.deepEqual(records.map(({ name }) => name).sort(), names.toSorted());
    for (const { type, content, proxied, ttl } of records)
      assert.deepEqual([type, content, proxied, ttl], ["A", "198.51.100.7", true, 1]);
  });

  it("allows HTTPS only from Cloudflare's ranges", () => {
    const web = run.resources.find(({ name }) => name === "host-web-firewall");
    assert.deepEqual(web?.inputs.sourceRanges, ["173.245.48.0/20"]);
  });

  it("creates an origin certificate, and a client certificate for every host name", () => {
    const [signed] = all(run, "originCaCertificate:OriginCaCertificate");
    assert.deepEqual([signed?.inputs.hostnames].flat().sort(), names.toSorted());
    const shown = all(run, "authenticatedOriginPulls:AuthenticatedOriginPulls").flatMap(({ inputs }) => inputs.configs);
    assert.deepEqual(
      shown,
      names.map((hostname) => ({ hostname, certId: "pulls-certificate-id", enabled: true })),
    );
  });

  it("has no secret readable in the state or a preview", () => {
    for (const { name, inputs } of run.resources)
      for (const text of openTexts(inputs)) assert.equal(text.includes(MARKER), false, name);
    for (const [urn, outputs] of Object.entries(run.outputs))
      for (const text of openTexts(outputs)) assert.equal(text.includes(MARKER), false, urn);
  });

  it("outputs the callback URL to register, and no passwords", () => {
    const { callbackUrl, user, password, passwords, certificateAuthority } = run.exports;
    assert.equal(callbackUrl, "https://vouch.lab.example.com/auth");
    for (const none of [user, password, passwords, certificateAuthority]) assert.equal(none, undefined);
  });
});

describe("The program with several issues in the preflight", () => {
  const urn = (type: string, name: string) => `urn:pulumi:test::jupyter-up::jupyter-up:index:GcpVm$${type}::${name}`;
  const made = {
    [urn("gcp:compute/disk:Disk", "host-data")]: { project: "my-project-123456", zone: "us-west1-a", size: 20 },
    [urn("gcp:compute/instance:Instance", "host-vm")]: { name: "jupyter-up-old", project: "p", zone: "us-west1-a" },
  };
  const zone = { id: "a".repeat(32), name: "example.com", status: "active", paused: true, nameServers: [] };
  const record = { id: "b".repeat(32), name: "lab.example.com", type: "AAAA", content: "2001:db8::1" };
  const answers = {
    "cloudflare:index/getZones:getZones": { results: [zone] },
    "cloudflare:index/getDnsRecords:getDnsRecords": { results: [record] },
    "cloudflare:index/getZoneSetting:getZoneSetting": { value: "off" },
  };
  const agent = process.env.SSH_AUTH_SOCK;
  afterAll(() => {
    if (agent === undefined) delete process.env.SSH_AUTH_SOCK;
    else process.env.SSH_AUTH_SOCK = agent;
  });

  it("reports all of them at once, and creates nothing", async () => {
    let message = "";
    const attempt = () =>
      program().catch((error: Error) => {
        ({ message } = error);
      });
    process.env.SSH_AUTH_SOCK = "/nowhere/agent";
    const config = pulumiConfig({ ...gcp, "jupyter-up:dns": "cloudflare", "cloudflare:apiToken": "t".repeat(40) });
    const { resources } = await runUnderMocks(config, attempt, made, { answers });
    assert.equal(resources.length, 1);
    const issues = message.replace(/^Nothing was changed\. /, "").split("\n\n");
    const expected = [
      /^The stack's VM and disks are named jupyter-up-old; .*\n {4}pulumi stack rename old$/s,
      /^proxied: .* below the zone example\.com/,
      /^DNS records exist already .*2001:db8::1/s,
      /^proxied: Cloudflare is paused on the zone example\.com/,
      /^The SSL mode of the zone example\.com is "off"/,
      /^The setting WebSockets of the zone example\.com is "off"/,
      /^SSH_AUTH_SOCK names an ssh agent that does not answer \(\/nowhere\/agent\)/,
      /^zone: the VM, its address and its disk are in the region us-west1/,
    ];
    for (const [index, words] of expected.entries()) assert.match(issues[index] ?? "", words);
    assert.equal(issues.length, expected.length, message);
  });
});

describe("The program with DNS records at Cloudflare", () => {
  const apiToken = { "cloudflare:apiToken": "t".repeat(40), "jupyter-up:dns": "cloudflare" };
  const zone = (id: string, name: string) => ({ id: id.repeat(32), name, status: "active", nameServers: [] });
  const token = "cloudflare:index/getZones:getZones";

  /** Runs the program with a token that can see these zones. */
  async function withZones(results: unknown[], settings: Record<string, unknown>) {
    let refusal = "";
    const attempt = () =>
      program().catch(({ message }) => {
        refusal = message;
      });
    const config = pulumiConfig({ ...gcp, ...apiToken, ...settings });
    const { resources } = await runUnderMocks(config, attempt, {}, { answers: { [token]: { results } } });
    const records = resources.filter(({ type }) => type === "cloudflare:index/dnsRecord:DnsRecord");
    return { refusal, made: resources.length, zoneIds: [...new Set(records.map(({ inputs }) => inputs.zoneId))] };
  }

  const straight = { "jupyter-up:proxied": false, "jupyter-up:acmeEmail": "ann@example.com" };

  it("creates them in the zone that contains the domain", async () => {
    const zones = [zone("a", "example.com"), zone("b", "example.co.uk"), zone("c", "sub.example.co.uk")];
    const settings = { "jupyter-up:domain": "lab.sub.example.co.uk", ...straight };
    assert.deepEqual(await withZones(zones, settings).then(({ zoneIds }) => zoneIds), ["c".repeat(32)]);
    const named = { ...settings, "jupyter-up:dnsZone": "example.co.uk" };
    assert.deepEqual(await withZones(zones, named).then(({ zoneIds }) => zoneIds), ["b".repeat(32)]);
  });

  it("creates nothing if the token can see no such zone", async () => {
    const { refusal, made } = await withZones([zone("a", "example.com")], {
      "jupyter-up:domain": "lab.example.co.uk",
      ...straight,
    });
    assert.match(
      refusal,
      /^Nothing was changed\. domain: .* no zone for lab\.example\.co\.uk\. It sees these: example\.com\./,
    );
    assert.equal(made, 1);
  });

  it("creates nothing if the site is proxied and the zone is paused", async () => {
    const paused = [{ ...zone("a", "lab.example.com"), paused: true }];
    const { refusal, made } = await withZones(paused, {});
    assert.match(refusal, /^Nothing was changed\. proxied: Cloudflare is paused on the zone lab\.example\.com/);
    assert.equal(made, 1);
    assert.deepEqual((await withZones(paused, straight)).zoneIds, ["a".repeat(32)]);
  });

  it("creates nothing if the site is proxied and Cloudflare's certificate does not cover its host names", async () => {
    const { refusal, made } = await withZones([zone("a", "example.co.uk")], {
      "jupyter-up:domain": "lab.example.co.uk",
    });
    assert.match(refusal, /^Nothing was changed\. proxied: .* below the zone example\.co\.uk/);
    assert.equal(made, 1);
  });
});

describe("The program with target ssh", () => {
  const privateKey = `-----BEGIN PRIVATE KEY-----\n${MARKER}\n-----END PRIVATE KEY-----`;
  const ssh = { ...reached, user: "ann", privateKey, hostKey: "ssh-ed25519 AAAA" };
  let run: Run;
  beforeAll(async () => {
    const config = pulumiConfig({ ...gcp, "jupyter-up:target": "ssh", "jupyter-up:ssh": ssh });
    run = await runUnderMocks(config, program, {}, { encrypted: ["jupyter-up:ssh"] });
  });

  it("creates no cloud resources", () => {
    for (const { type } of run.resources) assert.doesNotMatch(type, /^(gcp|cloudflare):/);
    assert.equal(run.resources.filter(isCommand).length, 4);
  });

  it("has no secret readable in the state or a preview", () => {
    for (const { name, inputs } of run.resources)
      for (const text of openTexts(inputs)) assert.equal(text.includes(MARKER), false, name);
  });

  it("takes the site down when the stack is destroyed, because the machine remains", () => {
    const setup = run.resources.find(({ name }) => name === "site-setup");
    assert.match(String(setup?.inputs.delete), /site-apply'\\'' down jupyter-up-test'$/);
  });

  it("outputs the machine's address, but not its owner's key", () => {
    assert.equal(run.exports.address, "203.0.113.7");
    assert.match(String(run.exports.ssh), /^ssh -p 1 .* ann@127\.0\.0\.1$/);
    assert.equal("sshKey" in run.exports, false);
  });
});
