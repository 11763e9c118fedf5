import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, beforeAll, beforeEach, describe, it } from "@jest/globals";
import type { ReleaseManifest } from "../../../files/release/manifest.ts";
import { imagesOf } from "../../../files/site/site.ts";
import { selfSigned } from "../../../offline/support/certificate.ts";
import { freePort } from "../../../offline/support/freePort.ts";
import { type Ended, run } from "../../support/command.ts";
import { type TestHost, testHost } from "../../support/host.ts";
import { imageMirror, pullImages } from "../../support/images.ts";
import { releaseText } from "../../support/release.ts";
import { bundleWith, hostNames, serviceOf, siteWith } from "../../support/site.ts";
import { withoutSteps } from "../../support/steps.ts";

const asRoot = process.getuid?.() === 0;
// Only root can change the owner of a folder.
const notRoot = !asRoot;
const NOBODY = 65534;
const { reference: nginxImage } = serviceOf(siteWith({ settings: { imageMirror } }), "nginx").image;

async function listen(address = "127.0.0.1"): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

describe("A release is refused, with the running one unchanged, if", () => {
  let host: TestHost;
  let root: string;
  let project: string;
  beforeAll(() => pullImages([nginxImage]));
  beforeEach(() => {
    host = testHost();
    root = host.layout.root ?? "";
    project = `jupyter-up-rendered-${randomUUID().slice(0, 8)}`;
    // The running release, as far as the steps before the switch read it.
    mkdirSync(`${root}/releases/old`, { recursive: true });
    symlinkSync("releases/old", `${root}/current`);
  });
  afterEach(() => host.remove());

  // How long the steps before the refusal took does not matter.
  const quiet = ({ code, output }: Ended) => ({ code, output: withoutSteps(output) });
  const apply = async (...args: Parameters<TestHost["apply"]>) => quiet(await host.apply(...args));
  const runQuietly = async (...args: Parameters<typeof run>) => quiet(await run(...args));

  /** A minimal release for the test. */
  const release = (manifest: Partial<ReleaseManifest>, compose = `services:\n  web:\n    image: ${nginxImage}\n`) =>
    releaseText({ project, ...manifest }, compose);
  const image = (size_mib: number) => ({ images: [{ reference: "127.0.0.1:9/no/such:1", size_mib }] });
  const port = (port: number, setting = "port") => ({ address: "127.0.0.1", port, setting });
  const folder = (path: string) => ({ services: [{ name: "web", user: "1000:100", folders: [{ path }] }] });

  /** A Docker client folder with Compose that any user can read; this user's own may be in a private home directory. */
  async function dockerForAnybody(): Promise<string> {
    const plugins = `${host.folder}/docker/cli-plugins`;
    mkdirSync(plugins, { recursive: true });
    const path = '{{range .ClientInfo.Plugins}}{{if eq .Name "compose"}}{{.Path}}{{end}}{{end}}';
    const { output } = await run("docker", ["info", "--format", path]);
    copyFileSync(output.trim(), `${plugins}/docker-compose`);
    return `${host.folder}/docker`;
  }

  function nothingWasChanged() {
    assert.equal(readlinkSync(`${root}/current`), "releases/old");
    assert.deepEqual(readdirSync(`${root}/releases`), ["old"]);
    assert.deepEqual(
      readdirSync(root).filter((entry) => /^(lock|incoming|arriving)/.test(entry)),
      [],
    );
  }

  it("the disk is too full for its images", async () => {
    const { code, output } = await apply("release", release(image(99_000_000)));
    assert.equal(code, 1);
    const [, need, free, short] =
      /^The disk is too full: the new images need (\d+) MiB, but only (\d+) MiB are free at \S+\. Nothing was changed\. Free (\d+) MiB \(docker image prune --all removes each image that no container uses; docker system df shows what Docker holds\), and run pulumi up again\.\n$/.exec(
        output,
      ) ?? [];
    assert.equal(need, "99000300", output);
    assert.ok(Number(free) > 0);
    assert.equal(Number(short), Number(need) - Number(free));
    nothingWasChanged();
  });

  it("an image cannot be pulled", async () => {
    const { code, output } = await apply("release", release(image(1)));
    assert.equal(code, 1);
    const [pulling, refusal] = output.split("\n");
    assert.equal(pulling, "Pulling 127.0.0.1:9/no/such:1 (1 MiB unpacked) ...");
    assert.match(
      refusal ?? "",
      /^The image 127\.0\.0\.1:9\/no\/such:1 could not be pulled\. Nothing was changed\. Check its name and tag \(pulumi config\), and this machine's way to the registry; then run pulumi up again\. Docker says: .*connection refused$/,
    );
    nothingWasChanged();
  });

  for (const [which, setting] of [
    ["HTTPS", "port"],
    ["HTTP", "httpPort"],
  ] as const)
    it(`another program listens on its ${which} port`, async () => {
      const taken = await listen();
      const free = await freePort();
      const ports = setting === "port" ? [taken.port, free] : [free, taken.port];
      try {
        const { code, output } = await apply(
          "release",
          release({ ports: [port(ports[0] ?? 0), port(ports[1] ?? 0, "httpPort")] }),
        );
        const other = taken.port < 64000 ? taken.port + 1000 : taken.port - 1000;
        assert.deepEqual(
          { code, output: output.replace(/by .+ \(process/, "by NAME (process") },
          {
            code: 1,
            output: `Port ${taken.port} is taken on this machine, by NAME (process ${process.pid}). Nothing was changed. Stop it, or give the site another port (pulumi config set ${setting} ${other}), and run pulumi up again.\n`,
          },
        );
        nothingWasChanged();
      } finally {
        await taken.close();
      }
    });

  it("another program listens on its port, but not if only on another address", async () => {
    const elsewhere = await listen("127.0.0.2");
    try {
      const { output } = await apply("release", release({ ports: [port(elsewhere.port)], ...image(1) }));
      assert.match(output, /^Pulling /);
    } finally {
      await elsewhere.close();
    }
  });

  it("another program listens on a port that the site needs on all addresses", async () => {
    const taken = await listen("127.0.0.2");
    try {
      const { code, output } = await apply("release", release({ ports: [{ address: "0.0.0.0", port: taken.port }] }));
      assert.equal(code, 1);
      assert.match(output, /^Port \d+ is taken .* Nothing was changed\. Stop it, and run pulumi up again\.\n$/);
      nothingWasChanged();
    } finally {
      await taken.close();
    }
  });

  it("another container listens on its port", async () => {
    const taken = await freePort();
    const name = `${project}-other`;
    const published = ["--detach", "--rm", "--name", name, "--publish", `127.0.0.1:${taken}:8080`];
    const started = await run("docker", ["run", ...published, "--entrypoint", "sleep", nginxImage, "600"]);
    assert.equal(started.code, 0, started.output);
    try {
      const { code, output } = await apply("release", release({ ports: [port(taken)] }));
      assert.equal(code, 1);
      assert.match(output, new RegExp(`^Port ${taken} is taken on this machine, by the container ${name}\\. Nothing`));
      nothingWasChanged();
    } finally {
      await run("docker", ["rm", "--force", name]);
    }
  });

  (notRoot ? it.skip : it)("the notebooks folder contains another user's files", async () => {
    const notebooks = `${host.folder}/notebooks`;
    mkdirSync(notebooks);
    writeFileSync(`${notebooks}/a.ipynb`, "{}\n");
    chownSync(notebooks, 4242, 4242);
    assert.deepEqual(await apply("release", release(folder(notebooks))), {
      code: 1,
      output: `The folder ${notebooks} belongs to another user than the one that writes to it (number 1000), so nothing could be saved. Nothing was changed. Give it to them: chown -R 1000:100 '${notebooks}', and run pulumi up again.\n`,
    });
    assert.equal(statSync(notebooks).uid, 4242);
    nothingWasChanged();
  });

  it("the notebooks folder cannot be created", async () => {
    writeFileSync(`${host.folder}/file`, "");
    const { code, output } = await apply("release", release(folder(`${host.folder}/file/notebooks`)));
    assert.equal(code, 1);
    const who = (await run("id", ["-un"])).output.trim();
    assert.ok(
      output.endsWith(
        `The folder ${host.folder}/file/notebooks cannot be created by ${who}. Nothing was changed. Name another one (pulumi config set notebooks ~/notebooks), and run pulumi up again.\n`,
      ),
      output,
    );
    nothingWasChanged();
  });

  (notRoot ? it.skip : it)("the notebooks folder is not writable for the releasing user", async () => {
    const notebooks = `${host.folder}/notebooks`;
    mkdirSync(notebooks);
    for (const path of [root, `${root}/releases`]) chownSync(path, NOBODY, NOBODY);
    const mayUseDocker = statSync("/var/run/docker.sock").gid;
    const nobody = ["--reuid", `${NOBODY}`, "--regid", `${NOBODY}`, "--groups", `${mayUseDocker}`];
    const env = { DOCKER_CONFIG: await dockerForAnybody() };
    assert.deepEqual(
      await runQuietly("setpriv", [...nobody, `${root}/bin/site-apply`, "release"], {
        input: release(folder(notebooks)),
        env,
      }),
      {
        code: 1,
        output: `The folder ${notebooks} cannot be written to by nobody, so nothing could be saved. Nothing was changed. Give it to them: sudo chown -R nobody '${notebooks}', or name another one (pulumi config set notebooks ~/notebooks); then run pulumi up again.\n`,
      },
    );
    nothingWasChanged();
  });

  it("its compose.yaml is not valid", async () => {
    const { code, output } = await apply("release", release({}, "services:\n  web:\n    imag: nginx\n"));
    assert.equal(code, 1);
    assert.match(
      output,
      /^The generated compose\.yaml is not valid, which is an error in this program\. Nothing was changed\. Docker says: .*imag/,
    );
    nothingWasChanged();
  });

  const checked = `services:
  web:
    image: ${nginxImage}
    networks: [default, extra]
  web-check:
    profiles: [check]
    image: ${nginxImage}
    network_mode: none
    entrypoint: ["sh", "-c", "echo 'web: line 1 is wrong' >&2; exit 1"]
networks:
  extra: {}
`;

  (notRoot ? it.skip : it)(
    "its files are invalid, but not if a notebook has closed its folder to the releasing user",
    async () => {
      const notebooks = `${host.folder}/notebooks`;
      mkdirSync(notebooks);
      chmodSync(notebooks, 0o500);
      for (const path of [root, `${root}/releases`, notebooks]) chownSync(path, NOBODY, NOBODY);
      const mayUseDocker = statSync("/var/run/docker.sock").gid;
      const nobody = ["--reuid", `${NOBODY}`, "--regid", `${NOBODY}`, "--groups", `${mayUseDocker}`];
      const offline = checked.replace(/networks: \[.*\]/, "network_mode: none").replace(/^networks:.*/ms, "");
      const { output } = await runQuietly("setpriv", [...nobody, `${root}/bin/site-apply`, "release"], {
        input: release(folder(notebooks), offline),
        env: { DOCKER_CONFIG: await dockerForAnybody() },
      });
      // The release reached the check of its files.
      assert.match(output, /web refuses its new files/);
      assert.equal(statSync(notebooks).mode & 0o777, 0o700);
    },
  );

  // Recorded errors of Docker 20.10 and 28.
  for (const [name, words, refusal] of [
    [
      "no address range is left",
      "Network x_sign-in  Error\nfailed to create network x_sign-in: Error response from daemon: could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
      /^Docker has no range of addresses left for another network\. Nothing was changed\. Remove the networks that nothing uses \(docker network prune\), or give Docker more ranges \(default-address-pools in \/etc\/docker\/daemon\.json\), and run pulumi up again\. Docker says: .*address pool/,
    ],
    [
      "no address range is left, as a later version reports it",
      "failed to create network x_sign-in: Error response from daemon: all predefined address pools have been fully subnetted",
      /^Docker has no range of addresses left for another network\. /,
    ],
    [
      "the disk is full",
      "Error response from daemon: mkdir /var/lib/docker/overlay2/0123: no space left on device",
      /^The disk is full, so the files of web could not be checked\. Nothing was changed\. Free some space \(docker image prune --all /,
    ],
    [
      "its engine has stopped",
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
      /^Docker could not start web to check its files\. Nothing was changed\. Fix the cause, and run pulumi up again\. Docker says: Cannot connect/,
    ],
    [
      "it cannot start a container",
      "Error response from daemon: OCI runtime create failed: container_linux.go:380",
      /^Docker could not start web to check its files\. /,
    ],
  ] as const)
    it(`Docker cannot run the check of its files: ${name}`, async () => {
      mkdirSync(`${host.folder}/bin`);
      writeFileSync(`${host.folder}/words`, `${words}\n`);
      const real = (await run("sh", ["-c", "command -v docker"])).output.trim();
      writeFileSync(
        `${host.folder}/bin/docker`,
        `#!/bin/sh\ncase "$*" in *" run "*) cat '${host.folder}/words'; exit 1 ;; esac\nexec '${real}' "$@"\n`,
      );
      chmodSync(`${host.folder}/bin/docker`, 0o755);
      writeFileSync(`${root}/releases/old/.header`, `project ${project}\nnetwork default\n`);
      const { code, output } = await apply("release", release({}, checked), {
        PATH: `${host.folder}/bin:${process.env.PATH}`,
      });
      assert.equal(code, 1);
      assert.match(output, refusal);
      assert.doesNotMatch(output, /refuses its new files|error in this program/);
      nothingWasChanged();
    });

  it("a service refuses its files, and the networks created for the check are removed", async () => {
    writeFileSync(`${root}/releases/old/.header`, `project ${project}\nnetwork default\n`);
    const ofProject = [
      "network",
      "ls",
      "--filter",
      `label=com.docker.compose.project=${project}`,
      "--format",
      "{{.Name}}",
    ];
    try {
      const { code, output } = await apply("release", release({}, checked));
      assert.equal(code, 1);
      assert.match(output, /^web refuses its new files, .* It says: .*web: line 1 is wrong/);
      assert.equal((await run("docker", ofProject)).output.includes("extra"), false);
      nothingWasChanged();
    } finally {
      for (const name of (await run("docker", ofProject)).output.split("\n").filter(Boolean))
        await run("docker", ["network", "rm", name]);
    }
  });
});

describe("The first release of a site, if nginx refuses its files", () => {
  it("leaves no network, no container and no release", async () => {
    const host = testHost();
    try {
      const changes = {
        settings: { imageMirror, port: `${await freePort()}`, httpPort: `${await freePort()}` },
        layout: host.layout,
      };
      const site = siteWith(changes);
      const names = hostNames(site);
      await pullImages(imagesOf(site).map(({ reference }) => reference));
      const { certificate } = selfSigned(names);
      const { certificateKey } = selfSigned(names);
      const bundle = bundleWith({ ...changes, secrets: { certificate, certificateKey } });
      assert.deepEqual(await host.apply("secrets", bundle.secrets), { code: 0, output: "" });
      const { code, output } = await host.apply("release", bundle.release);
      assert.equal(code, 1);
      assert.match(
        output,
        /^nginx refuses its new files, which is an error in this program\. Nothing was changed\. It says: .*key values mismatch/m,
      );
      const root = host.layout.root;
      for (const path of ["current", "releases", "lock", "incoming"])
        assert.equal(existsSync(`${root}/${path}`), false);
      const ofProject = ["--quiet", "--filter", "label=com.docker.compose.project=jupyter-up-test"];
      assert.deepEqual(await run("docker", ["network", "ls", ...ofProject]), { code: 0, output: "" });
      assert.deepEqual(await run("docker", ["ps", "--all", ...ofProject]), { code: 0, output: "" });
    } finally {
      host.remove();
    }
  });
});
