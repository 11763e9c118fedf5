import assert from "node:assert/strict";
import { randomInt, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureInstanceImage } from "../../offline/cloud/instanceImage.ts";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "./command.ts";
import { imageMirror, pullImages } from "./images.ts";
import { until } from "./until.ts";

/** A server for backups, in a container of its own network. */
export interface BackupServer {
  /** The setting `backup`. */
  settings: Record<string, string>;
  /** Other settings of the site. */
  others?: Record<string, string>;
  credential: string;
  /** A credential of the right form that the server does not know. */
  wrongCredential: string;
  /** Starts it, with its full speed. */
  start(): Promise<void>;
  /** Makes it slow, so that a backup takes a while. */
  slow(): Promise<void>;
  /** Ends it at once, as a failure of power does. Its data stay. */
  stop(): Promise<void>;
  /** The number of restic's files that it has completely. */
  packs(): number;
  remove(): Promise<void>;
}

/** A server with SFTP. */
export interface SftpServer extends BackupServer {
  /** A host key of the right form that is not the server's. */
  otherHostKey: string;
}

/** What a container of a server is started with. */
interface Container {
  image: string;
  /** Options of `docker run`. */
  options: string[];
  command: string[];
  /** The port on which the server listens in the container. */
  port: number;
  /** Whether machines of the fake cloud reach it. Default: only containers of this machine do. */
  forMachines?: boolean | undefined;
}

/** A server on an address that containers of every network reach: the gateway of its own network. */
export async function server(
  { image, options, command, port, forMachines }: Container,
  isReady: (at: string) => Promise<unknown>,
) {
  const name = `jupyter-up-backup-server-${randomUUID().slice(0, 8)}`;
  const docker = async (...words: string[]) => {
    const { code, output } = await run("docker", words);
    assert.equal(code, 0, output);
    return output.trim();
  };
  if (forMachines) await createNetworkForMachines(name);
  else await docker("network", "create", name);
  const address = await docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", name);
  const at = `${address}:${await freePort(address)}`;
  const network = ["--network", name, "--publish", `${at}:${port}`];
  await docker("create", "--name", name, ...network, ...options, image, ...command);
  return {
    at,
    address,
    async start() {
      await docker("update", "--cpus", "2", name);
      await docker("start", name);
      await until(`${image} answers`, () => isReady(at).catch(() => false));
    },
    async slow() {
      await docker("update", "--cpus", "0.05", name);
    },
    async stop() {
      await docker("kill", "--signal", "KILL", name);
    },
    async remove() {
      await docker("rm", "--force", "--volumes", name);
      await docker("network", "rm", name);
    },
  };
}

/** Creates a network with addresses that no network within a machine has: Docker chooses others. */
async function createNetworkForMachines(name: string): Promise<void> {
  await until("a network that overlaps with no other", async () => {
    const prefix = `198.19.${randomInt(256)}`;
    const subnet = ["--subnet", `${prefix}.0/24`, "--gateway", `${prefix}.1`];
    return (await run("docker", ["network", "create", ...subnet, name])).code === 0;
  });
}

export const newFolder = () => mkdtempSync(join(tmpdir(), "jupyter-up-backup-server-"));
export const filesIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: "utf8" });

/** Amazon's interface: MinIO. */
export async function s3Server({ forMachines = false } = {}): Promise<BackupServer> {
  const image = [imageMirror, "docker.io/minio/minio:RELEASE.2025-09-07T16-13-09Z"].filter(Boolean).join("/");
  await pullImages([image]);
  const data = newFolder();
  // A bucket.
  mkdirSync(`${data}/backups`);
  const [accessKey, secretKey] = ["backup-access-key", "secret-of-the-server"];
  const options = [
    ...["--volume", `${data}:/data`],
    ...["--env", `MINIO_ROOT_USER=${accessKey}`, "--env", `MINIO_ROOT_PASSWORD=${secretKey}`],
  ];
  const { at, remove, ...life } = await server(
    { image, options, command: ["server", "/data"], port: 9000, forMachines },
    async (at) => (await fetch(`http://${at}/minio/health/ready`)).ok,
  );
  return {
    ...life,
    settings: { to: `s3:http://${at}/backups/lab`, accessKey, secretKey },
    credential: secretKey,
    wrongCredential: "another-secret",
    // MinIO makes a folder for each object, with a file in it.
    // Folders of its own appear and disappear beside the bucket.
    packs: () => filesIn(`${data}/backups`).filter((path) => /^lab\/data\/.*\/xl\.meta$/.test(path)).length,
    async remove() {
      await remove();
      rmSync(data, { recursive: true });
    },
  };
}

/** A NAS with SFTP: OpenSSH. */
export async function sftpServer(): Promise<SftpServer> {
  const folder = newFolder();
  const data = `${folder}/backups`;
  mkdirSync(data);
  const keys = ["host", "otherHost", "user", "otherUser"] as const;
  for (const key of keys) {
    const { code, output } = await run("ssh-keygen", [
      "-q",
      "-t",
      "ed25519",
      "-N",
      "",
      "-C",
      "",
      "-f",
      `${folder}/${key}`,
    ]);
    assert.equal(code, 0, output);
  }
  const read = (name: string) => readFileSync(`${folder}/${name}`, "utf8");
  const publicKey = (name: string) => read(`${name}.pub`).trim();
  const script = `id -u ann >/dev/null 2>&1 || useradd --create-home ann
    install -D -o ann -m 600 /keys/user.pub /home/ann/.ssh/authorized_keys
    install -m 600 /keys/host /etc/ssh/backup-host-key
    chown -R ann /backups
    mkdir -p /run/sshd
    exec /usr/sbin/sshd -D -e -h /etc/ssh/backup-host-key`;
  const { at, remove, ...life } = await server(
    {
      image: await ensureInstanceImage(),
      options: ["--volume", `${folder}:/keys:ro`, "--volume", `${data}:/backups`, "--entrypoint", "sh"],
      command: ["-c", script],
      port: 22,
    },
    async (at) =>
      (await run("ssh-keyscan", ["-p", at.split(":")[1] ?? "", at.split(":")[0] ?? ""])).output.includes("ed25519"),
  );
  return {
    ...life,
    settings: { to: `sftp://ann@${at}//backups/lab`, hostKey: publicKey("host"), privateKey: read("user") },
    otherHostKey: publicKey("otherHost"),
    credential: read("user"),
    wrongCredential: read("otherUser"),
    packs: () => filesIn(data).filter((path) => /^lab\/data\/..\/[0-9a-f]{64}$/.test(path)).length,
    async remove() {
      await remove();
      rmSync(folder, { recursive: true });
    },
  };
}
