/**
 * Connects by SSH, with the retries and messages of the real provider (which has them from Go's net and ssh packages).
 * Checked against version 1.2.1 in November 2026.
 */

import { createPrivateKey } from "node:crypto";
import { getServers } from "node:dns";
import { connect as connectTcp, isIPv6, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
// The library costs 40 ms to load; a server that only runs local commands need not pay that.
import type { Client, ConnectConfig, ServerHostKeyAlgorithm } from "ssh2";
import { opensshKeys } from "../../openssh.ts";
import type { Operation } from "../../resource.ts";

export type Connection = {
  host: string;
  /** Default: 22. */
  port?: number;
  /** Default: root. */
  user?: string;
  password?: string;
  privateKey?: string;
  privateKeyPassword?: string;
  /** Default: the environment's SSH_AUTH_SOCK. */
  agentSocketPath?: string;
  /** How many failed attempts are retried; -1 for no limit. Default: 10. */
  dialErrorLimit?: number;
  /** Seconds for the TCP connection of one attempt; 0 for no limit. Default: 15. */
  perDialTimeout?: number;
  /** The public key that the host must present, as a line of authorized_keys. Default: any. */
  hostKey?: string;
  proxy?: unknown;
};

/** Milliseconds. Each pause between two attempts is 50 % longer than the previous one. */
const firstPause = 100;
const longestPause = 5000;

/**
 * Connects, retrying after every kind of failure. Throws at once if a retry cannot help, for example for an unreadable
 * key. Ctrl-C ends it between two attempts. A running attempt ignores Ctrl-C: it ends by itself, or with the CLI.
 */
export async function dial(connection: Connection, operation: Operation): Promise<Client> {
  const limit = connection.dialErrorLimit ?? 10;
  const config = await sshConfig(connection);
  for (let failures = 0, wait = firstPause; ; wait = Math.min(wait * 1.5, longestPause)) {
    operation.abandoned.throwIfAborted();
    try {
      return await attempt(connection, config, operation.abandoned);
    } catch (error) {
      if (limit > -1 && failures >= limit) throw new Error(`after ${failures} failed attempts: ${message(error)}`);
      failures++;
      operation.status(`Dial ${failures}/${limit === -1 ? "inf" : limit} failed: retrying`);
      await pause(wait, undefined, { signal: operation.signal }).catch(() => {});
      operation.signal.throwIfAborted();
    }
  }
}

async function sshConfig(connection: Connection): Promise<ConnectConfig> {
  const { default: ssh2 } = await import("ssh2");
  const config: ConnectConfig = { username: connection.user ?? "root", readyTimeout: 0 };

  if (connection.hostKey !== undefined) {
    const expected = ssh2.utils.parseKey(authorizedKey(connection.hostKey));
    if (expected instanceof Error) throw new Error("failed to parse host key: ssh: no key found");
    config.hostVerifier = (shown: Buffer) => shown.equals(expected.getPublicSSH());
    // Offers only the type of the key. For an RSA key that is `ssh-rsa` with its SHA-1 signature, which sshd no longer
    // accepts.
    config.algorithms = { serverHostKey: [expected.type as ServerHostKeyAlgorithm] };
  }

  if (connection.privateKey !== undefined) {
    const privateKey = withoutPkcs8(connection.privateKey);
    const key = ssh2.utils.parseKey(privateKey, connection.privateKeyPassword);
    if (key instanceof Error) throw new Error("ssh: no key found");
    config.privateKey = privateKey;
    if (connection.privateKeyPassword !== undefined) config.passphrase = connection.privateKeyPassword;
  }

  if (connection.password !== undefined) {
    config.password = connection.password;
    config.tryKeyboard = true;
  }

  const agent = connection.agentSocketPath ?? (process.env.SSH_AUTH_SOCK || undefined);
  if (agent !== undefined) {
    await agentAnswers(agent);
    config.agent = agent;
  }
  return config;
}

/** A known_hosts line has the host's name in front of the key; the real provider accepts it as well. */
function authorizedKey(line: string): string {
  return /(?:ssh-|ecdsa-|sk-)\S+\s+\S+/.exec(line)?.[0] ?? line;
}

/** Go reads PKCS #8, the only PEM format for Ed25519 keys; the library here does not. */
function withoutPkcs8(privateKey: string): string {
  return privateKey.includes("-----BEGIN PRIVATE KEY-----")
    ? opensshKeys(createPrivateKey(privateKey)).privateKeyOpenssh
    : privateKey;
}

/** An agent that does not answer fails the command, even if a private key is given. */
async function agentAnswers(path: string): Promise<void> {
  if (path === "") throw new Error("dial unix: missing address");
  const socket = connectTcp(path);
  try {
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  } catch (error) {
    throw new Error(`dial unix ${path}: connect: ${systemError(error)}`);
  } finally {
    socket.destroy();
  }
}

async function attempt(connection: Connection, config: ConnectConfig, abandoned: AbortSignal): Promise<Client> {
  const socket = await openSocket(connection, abandoned);
  return handshake(socket, connection, config, abandoned);
}

function openSocket({ host, port = 22, perDialTimeout = 15 }: Connection, abandoned: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const limits = [abandoned, ...(perDialTimeout > 0 ? [AbortSignal.timeout(perDialTimeout * 1000)] : [])];
    const limit = AbortSignal.any(limits);
    const keepAlive = { keepAlive: true, keepAliveInitialDelay: 15_000 };
    const socket = connectTcp({ host, port, autoSelectFamily: false, noDelay: true, ...keepAlive });
    const giveUp = () => socket.destroy(new Error(`dial tcp ${endpoint(host, port)}: i/o timeout`));
    limit.addEventListener("abort", giveUp, { once: true });
    socket.once("connect", () => {
      limit.removeEventListener("abort", giveUp);
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException & { address?: string }) => {
      limit.removeEventListener("abort", giveUp);
      if (error.code === undefined) reject(error);
      else if (error.syscall === "getaddrinfo")
        reject(new Error(`dial tcp: lookup ${host} on ${nameServer()}: no such host`));
      else reject(new Error(`dial tcp ${endpoint(error.address ?? host, port)}: connect: ${systemError(error)}`));
    });
  });
}

/** The contacted server, as `ADDRESS:PORT`. */
function nameServer(): string {
  const [server = "127.0.0.1"] = getServers();
  return /^\[|^[^:]+:\d+$/.test(server) ? server : endpoint(server, 53);
}

function endpoint(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Has no timeout: if a host accepts the connection and stays silent, this waits as long as the CLI lives. */
async function handshake(
  socket: Socket,
  connection: Connection,
  config: ConnectConfig,
  abandoned: AbortSignal,
): Promise<Client> {
  const { Client } = (await import("ssh2")).default;
  const client = new Client();
  const giveUp = () => client.destroy();
  abandoned.addEventListener("abort", giveUp, { once: true });
  let peerOffers = "";
  const debug = (message: string) => {
    peerOffers = /\(remote\) Host key format: (.*)/.exec(message)?.[1] ?? peerOffers;
  };
  try {
    return await new Promise<Client>((resolve, reject) => {
      client.once("ready", () => resolve(client));
      client.on("error", (error) => reject(new Error(handshakeProblem(error, connection, config, peerOffers))));
      client.once("close", () => reject(new Error("ssh: handshake failed: EOF")));
      client.on("keyboard-interactive", (_name, _instructions, _language, prompts, answer) =>
        answer(prompts.map(() => connection.password ?? "")),
      );
      client.connect({ ...config, debug, sock: socket });
    });
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    abandoned.removeEventListener("abort", giveUp);
  }
}

function handshakeProblem(
  error: Error & { level?: string; code?: string },
  connection: Connection,
  { algorithms }: ConnectConfig,
  peerOffers: string,
): string {
  if (error.level === "client-authentication") {
    const methods = ["none"];
    if (connection.privateKey !== undefined) methods.push("publickey");
    if (connection.password !== undefined) methods.push("password");
    return `ssh: handshake failed: ssh: unable to authenticate, attempted methods [${methods.join(" ")}], no supported methods remain`;
  }
  if (/host denied/i.test(error.message)) return "ssh: handshake failed: ssh: host key mismatch";
  if (/no matching host key format/.test(error.message)) {
    const offered = `we offered: [${algorithms?.serverHostKey}], peer offered: [${peerOffers.replaceAll(",", " ")}]`;
    return `ssh: handshake failed: ssh: no common algorithm for host key; ${offered}`;
  }
  if (/connection lost/i.test(error.message)) return "ssh: handshake failed: EOF";
  return `ssh: handshake failed: ${systemError(error)}`;
}

function systemError(error: unknown): string {
  const { code, message: text } = error as NodeJS.ErrnoException;
  return systemErrors[code ?? ""] ?? text;
}

const systemErrors: Record<string, string> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset by peer",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ENOENT: "no such file or directory",
};

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
