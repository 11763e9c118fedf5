import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import ssh2 from "ssh2";
import { greetingProblem } from "../../components/host/sshGreeting.ts";
import { removeMachine } from "../../offline/cloud/machines.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { attempt, run } from "../../scripts/cli/command.ts";
import { isPortFree } from "../../scripts/cli/ports.ts";
import { type BackupServer, s3Server } from "../support/backupServers.ts";
import { until } from "../support/until.ts";
import { labIsReady, launch, person, signIn } from "./support/browser.ts";
import { withoutTestEnvironment } from "./support/clone.ts";
import { answerAt, appWithVolume, CloudStack, workOf } from "./support/cloudStack.ts";
import { createSshMachine } from "./support/sshMachine.ts";
import { assertSame, commandsIn, readTableInNotebook, type State } from "./support/work.ts";
import { yamlProgram } from "./support/yamlProgram.ts";

const MACHINE = "somewhere-lab";
const OTHER = "elsewhere-lab";

/** An existing Debian machine with a user who may use sudo. Each test continues with the site of the test before it. */
describe("a site on the user's own machine", () => {
  let stack: CloudStack;
  let address: string;
  const ann = ssh2.utils.generateKeyPairSync("ed25519");
  const stranger = ssh2.utils.generateKeyPairSync("ed25519");

  const on = (command: string) => stack.on(MACHINE, command);

  const machineOf = (id: string, network: string) => createSshMachine(stack, id, network, ann.public);
  const login = (changes: object = {}) => ({ ssh: { ...(stack.settings.ssh as object), ...changes } });

  const answer = () => answerAt(address);
  const work = workOf(on);
  let before: State;
  let destroyed: string;
  /** The place of the backups. */
  let store: BackupServer;

  beforeAll(async () => {
    stack = await CloudStack.make({ target: "ssh" });
    const machine = await machineOf(MACHINE, "somewhere");
    address = machine.host;
    await stack.write({ ssh: { user: "ann", privateKey: ann.private, ...machine } });
  });
  afterAll(async () => {
    for (const id of stack ? [MACHINE, OTHER] : []) await removeMachine(stack.cloud, id);
    await stack?.remove();
    await store?.remove();
  });

  /** Runs an `up` that must fail within a minute. */
  async function refused(changes: object, said: RegExp): Promise<void> {
    const before = performance.now();
    const good = stack.settings.ssh;
    const { code, text } = await stack.up(login(changes));
    assert.equal(code, 1);
    assert.match(text, said);
    assert.ok(performance.now() - before < 60_000);
    await stack.write({ ssh: good });
  }

  it("fails within a minute with the cause: a closed port, a wrong key, a wrong host key", async () => {
    await refused({ port: 2222 }, /connection refused/);
    await refused({ privateKey: stranger.private }, /unable to authenticate/);
    // sshd may block this address for a while because of the failed sign-ins.
    await until("an SSH server that lets this address in", async () => (await greetingProblem(address)) === undefined);
    await refused({ hostKey: stranger.public }, /host key mismatch/);
    assert.equal(await on("journalctl -u ssh --no-pager | grep -c 'Accepted' || :"), "0");
  });

  it("fails before anything is created if the server accepts the connection and sends nothing", async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as { port: number };
    await refused({ host: "127.0.0.1", port }, /127\.0\.0\.1 accepts connections on port \d+, but its SSH server/);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it("fails before anything is created if sshd blocks this address after failed sign-ins", async () => {
    const key = `${stack.cloud.folder}/stranger`;
    await writeFile(key, `${stranger.private}\n`, { mode: 0o600 });
    const options = ["BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"];
    const signIn = ["-i", key, ...options.flatMap((option) => ["-o", option]), `ann@${address}`, "true"];
    await until("an SSH server that shuts this address out", async () => {
      await attempt("ssh", signIn);
      return (await greetingProblem(address)) === "shut out";
    });
    await refused({}, /Nothing was changed\. ssh\.host: \S+ temporarily refuses SSH connections from here/);
    await until("an SSH server that lets this address in", async () => (await greetingProblem(address)) === undefined);
  });

  it("names an ssh agent that does not answer before anything is created", async () => {
    process.env.SSH_AUTH_SOCK = "/nowhere/agent";
    const { code, text } = await stack.up();
    delete process.env.SSH_AUTH_SOCK;
    assert.equal(code, 1);
    assert.match(
      text,
      /SSH_AUTH_SOCK names an ssh agent that does not answer \(\/nowhere\/agent\).*unset SSH_AUTH_SOCK/s,
    );
  });

  it("runs after one `pulumi up`, without cloud resources", async () => {
    const { code, text, plan } = await stack.up();
    assert.equal(code, 0, text);
    assert.equal(plan["host-provision"], "create");
    assert.equal(await answer(), "302");
    // Both read the state of the first run.
    const preview = await stack.pulumi("preview", "--expect-no-changes");
    assert.equal(preview.code, 0, preview.text);
    assert.deepEqual((await stack.up()).plan, {});
  });

  /** Runs an npm script on the stack, with the key of the machine in an ssh agent. */
  const withKey = (script: string, options = ""): [command: string, args: string[]] => {
    const words = `ssh-add -q '${stack.cloud.folder}/ann'; exec npm --silent run ${script} -- -s lab ${options}`;
    return ["ssh-agent", ["sh", "-ec", words]];
  };

  it("tells its status, and that nothing was changed by hand", async () => {
    await writeFile(`${stack.cloud.folder}/ann`, `${ann.private}\n`, { mode: 0o600 });
    const { code, text } = await stack.clone.run(...withKey("status"));
    assert.match(text, /by hand {7}nothing was changed\n\n {2}All is well\.\n/);
    assert.equal(code, 0);
  });

  it("tells that the firewall was removed by hand, with the command that restores it", async () => {
    await on("nft delete table inet jupyter_up");
    const { code, text } = await stack.clone.run(...withKey("status"));
    assert.equal(code, 1);
    const [, fix = ""] = /^! The firewall .* was removed .*\n {4}npm run pulumi -- (.*)$/m.exec(text) ?? [];
    assert.equal(fix, "up -s lab --replace '**host-provision'");
    assert.equal((await stack.pulumi("up", "--replace", "**host-provision", "--yes", "--skip-preview")).code, 0);
    assert.match((await stack.clone.run(...withKey("status"))).text, /All is well/);
  });

  it("opens on this machine without DNS records, through SSH only, by `npm run open`", async () => {
    const [port, httpPort] = [await freePort(), await freePort()];
    const { code, text } = await stack.up({ domain: "lab.localhost", port, httpPort });
    assert.equal(code, 0, text);
    assert.equal(await answer(), "000");
    const [command, args] = withKey("open");
    const opened = spawn(command, args, {
      cwd: stack.clone.folder,
      env: withoutTestEnvironment(),
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => opened.on("close", resolve));
    let said = "";
    opened.stdout.setEncoding("utf8").on("data", (part: string) => {
      said += part;
    });
    try {
      await until("the open site", () => said.includes("Ctrl-C closes it"));
      assert.match(
        said,
        new RegExp(`Open: {9}https://jupyter\\.lab\\.localhost:${port}\n {2}Sign in as: {3}you@example`),
      );
      const browser = await launch();
      const { page } = await person(browser);
      await page.goto(`https://jupyter.lab.localhost:${port}/lab?reset`);
      await signIn(page, "you@example.com", await stack.output("password"));
      await labIsReady(page);
      await browser.close();
    } finally {
      process.kill(-(opened.pid ?? 0), "SIGINT");
      await ended;
    }
    assert.ok(await isPortFree(port));
    assert.equal((await stack.up({ domain: "lab.example.com" })).code, 0);
  });

  it("runs the release before again by `npm run rollback`; the next preview says so, and the next `pulumi up` ends it", async () => {
    assert.equal(await answer(), "302");
    const { code, text } = await stack.clone.run(...withKey("rollback", "--yes"), stack.env());
    assert.equal(code, 0, text);
    assert.match(text, /Release \w+ is running again, instead of \w+\./);
    // That one serves lab.localhost at another port.
    assert.equal(await answer(), "000");
    assert.match(
      (await stack.pulumi("preview")).text,
      /The site was rolled back to release \w+ \(npm run rollback\)\./,
    );
    assert.deepEqual((await stack.up()).plan, { "site-release": "update" });
    assert.equal(await answer(), "302");
  });

  it("moves to another machine, and reports the site left on this one with the command that removes it", async () => {
    const here = stack.settings.ssh;
    const { code, text } = await stack.up(login(await machineOf(OTHER, "elsewhere")));
    assert.equal(code, 0, text);
    const [, line = ""] = /still runs there[\s\S]*This takes it down:\n\s+(ssh .*)/.exec(text) ?? [];
    assert.match(line, new RegExp(`ann@${address} sudo sh /opt/jupyter-up/bin/site-apply down jupyter-up-lab$`));
    assert.doesNotMatch((await stack.up()).text, /still runs there/);
    await stack.destroy();

    const key = `${stack.cloud.folder}/ann`;
    await writeFile(key, `${ann.private}\n`, { mode: 0o600 });
    await run("the line", "sh", ["-c", line.replace(/^ssh/, `ssh -i ${key} -o BatchMode=yes`)]);
    assert.equal(await on("docker ps --all --quiet"), "");
    await stack.write({ ssh: here });
  });

  it("names the program that uses its port, and changes nothing", async () => {
    await on(
      "systemd-run --quiet --unit taken socat TCP-LISTEN:443,fork /dev/null 2>/dev/null || systemd-run --quiet --unit taken /usr/bin/python3 -m http.server 443",
    );
    await pause(1000);
    const { code, text } = await stack.up();
    assert.equal(code, 1);
    assert.match(
      text,
      /Port 443 is taken on this machine, by \w+ \(process \d+\)\. Nothing was changed\. Stop it, and run pulumi up again\./,
    );
    await on("systemctl stop taken");
    // The next tests need a backup, and work of every kind.
    store = await s3Server({ forMachines: true });
    await store.start();
    const all = await stack.up({ backup: store.settings, database: true, apps: [appWithVolume] });
    assert.equal(all.code, 0, all.text);
  });

  it("is taken down by `pulumi destroy`, which keeps the machine and the work", async () => {
    await on("echo kept >/srv/jupyter-up/notebooks/file");
    await work.make();
    await work.backUp();
    before = await work.everything();
    const { code, text } = await stack.destroy();
    destroyed = text;
    assert.equal(code, 0, text);
    assert.equal(await on("docker ps --all --quiet"), "");
    assert.equal(
      await on("cat /srv/jupyter-up/notebooks/file; ls /opt/jupyter-up"),
      "kept\nbin\netc\npulled\nsite-apply.log",
    );
    assert.equal(await answer(), "000");
  });

  it("restores everything from the backup after the work was lost, with the commands that `destroy` showed", async () => {
    await on("rm -r /srv/jupyter-up /opt/jupyter-up");
    const { code, text } = await stack.type(commandsIn(destroyed));
    assert.equal(code, 0, text);
    assertSame(await work.everything(), before);

    const browser = await launch(`MAP *.lab.example.com ${address}`);
    try {
      const { page } = await person(browser);
      await page.goto("https://jupyter.lab.example.com/lab/tree/wines.ipynb?reset");
      await signIn(page, "you@example.com", await stack.output("password"));
      await readTableInNotebook(page);
    } finally {
      await browser.close();
    }
  });

  it("is made by a program in YAML, too, with the component of this project's package", async () => {
    assert.equal((await stack.destroy()).code, 0);
    await on("rm -rf /srv/jupyter-up /opt/jupyter-up");
    const { ssh, domain, dns, allow, signIn } = stack.settings as Record<string, object>;
    const { privateKey, ...machine } = ssh as { privateKey: string };
    const site = { target: "ssh", domain, dns, allow, signIn, ssh: machine, database: false };
    const program = await yamlProgram(site, privateKey);
    try {
      const { code, text } = await program.pulumi("up", "--yes", "--skip-preview");
      assert.equal(code, 0, text);
      assert.equal((await program.pulumi("stack", "output", "url")).text.trim(), "https://jupyter.lab.example.com");
      assert.match(text, /passwords *: \[secret\]/);
      assert.equal(await answer(), "302");
      const preview = await program.pulumi("preview", "--expect-no-changes");
      assert.equal(preview.code, 0, preview.text);
      const schema = await program.pulumi("package", "get-schema", "./jupyter-up");
      assert.match(schema.text, /"jupyter-up:index:JupyterSite": \{/);
      assert.equal((await program.pulumi("destroy", "--yes", "--skip-preview")).code, 0);
      assert.equal(await on("docker ps --all --quiet"), "");
    } finally {
      await program.remove();
    }
  });
});
