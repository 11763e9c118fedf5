import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { bcryptHash } from "./bcryptHash.ts";
import { log } from "./log.ts";

export interface Client {
  id: string;
  secret: string;
  name: string;
  /** Matched exactly. */
  redirectUris: string[];
}

export interface Person {
  email: string;
  hash: string;
  username: string;
  userId: string;
  name: string;
  preferredUsername: string;
  emailVerified: boolean;
  groups: string[];
}

export interface Config {
  issuer: string;
  /** Where to listen, `HOST:PORT`. */
  http: string;
  /** Sent with every response. */
  headers: Record<string, string>;
  /** The title of the pages. */
  title: string;
  /** How long an unfinished sign-in is kept, in milliseconds. */
  authRequestsMs: number;
  /** By client id. */
  clients: Map<string, Client>;
  /** By address in lower case. */
  people: Map<string, Person>;
}

type Tree = Record<string, unknown>;

/** Reads Dex's own configuration file. Throws one plain line; in Dex's words where Dex would refuse it as well. */
export function readConfig(file: string, env: NodeJS.ProcessEnv): Config {
  const tree = readTree(file);
  const people = readPeople(file, tree, env);
  checkRules(tree);
  checkLimits(tree);
  const clients = treesAt(tree, "staticClients").map((entry) => readClient(entry, env));
  const web = treeAt(tree, "web");
  return {
    issuer: textAt(tree, "issuer"),
    http: textAt(web, "http"),
    headers: Object.fromEntries(Object.entries(treeAt(web, "headers")).map(([name, value]) => [name, String(value)])),
    authRequestsMs: durationAt(treeAt(tree, "expiry"), "authRequests") ?? DAY,
    title: textAt(treeAt(tree, "frontend"), "issuer") || "dex",
    clients: new Map(clients.map((client) => [client.id, client])),
    people: peopleByAddress(people),
  };
}

function readTree(file: string): Tree {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`failed to read config file ${file}: ${(error as Error).message}`);
  }
  try {
    // Go's reader follows YAML 1.1, where `yes` and `on` are true.
    const tree: unknown = parse(text, { version: "1.1" }) ?? {};
    if (typeof tree !== "object" || Array.isArray(tree)) throw new Error("it holds no mapping");
    return tree as Tree;
  } catch (error) {
    throw new Error(`error parse config file ${file}: ${(error as Error).message}`);
  }
}

/** The users, from a tree whose shape has been checked; Dex finds both errors while it parses. */
function readPeople(file: string, tree: Tree, env: NodeJS.ProcessEnv): Person[] {
  try {
    checkTypes(tree);
    return treesAt(tree, "staticPasswords").map((entry) => readPerson(entry, env));
  } catch (error) {
    throw new Error(`error parse config file ${file}: error unmarshaling JSON: ${(error as Error).message}`);
  }
}

/**
 * Checks the shape of everything read below. A wrong shape is a sign of a mistyped file; Go's types would catch it as
 * well.
 */
function checkTypes(tree: Tree): void {
  const mappings = ["storage", "web", "oauth2", "frontend", "telemetry", "grpc", "expiry", "logger", "signer"];
  for (const key of mappings) {
    const value = tree[key] ?? {};
    if (typeof value !== "object" || Array.isArray(value)) throw new Error(`${key} is not a mapping`);
  }
  for (const key of ["staticClients", "staticPasswords", "connectors"]) {
    if (!Array.isArray(tree[key] ?? [])) throw new Error(`${key} is not a list`);
  }
  const switches: [string, unknown][] = [
    ["enablePasswordDB", tree.enablePasswordDB],
    ["oauth2.skipApprovalScreen", treeAt(tree, "oauth2").skipApprovalScreen],
    ["oauth2.alwaysShowLoginScreen", treeAt(tree, "oauth2").alwaysShowLoginScreen],
  ];
  for (const [key, value] of switches) {
    if (typeof (value ?? false) !== "boolean") throw new Error(`${key} is neither true nor false`);
  }
}

/** What Dex itself refuses. */
function checkRules(tree: Tree): void {
  const web = treeAt(tree, "web");
  const withPasswords = tree.enablePasswordDB === true;
  const issues = [
    textAt(tree, "issuer") === "" && "no issuer specified in config file",
    !withPasswords &&
      treesAt(tree, "staticPasswords").length > 0 &&
      "cannot specify static passwords without enabling password db",
    textAt(treeAt(tree, "storage"), "type") === "" && "no storage supplied in config file",
    textAt(web, "http") === "" && textAt(web, "https") === "" && "must supply a HTTP/HTTPS  address to listen on",
  ].filter((issue) => issue !== false);
  if (issues.length > 0) throw new Error(`invalid Config:\n\t-\t${issues.join("\n\t-\t")}`);
  if (!URL.canParse(textAt(tree, "issuer"))) {
    throw new Error("failed to initialize server: server: can't parse issuer URL");
  }
  if (!withPasswords && treesAt(tree, "connectors").length === 0) {
    throw new Error("failed to initialize server: server: no connectors specified");
  }
}

/**
 * Refuses what the real Dex supports and this fake does not: failing at the start is better than behaving differently.
 */
function checkLimits(tree: Tree): void {
  const oauth2 = treeAt(tree, "oauth2");
  const responseTypes = oauth2.responseTypes ?? ["code"];
  const storage = textAt(treeAt(tree, "storage"), "type");
  const signer = textAt(treeAt(tree, "signer"), "type");
  const missing: [asked: boolean, setting: string][] = [
    [storage !== "memory", `storage.type: ${storage}`],
    [treesAt(tree, "connectors").length > 0, "connectors"],
    [oauth2.skipApprovalScreen !== true, "oauth2.skipApprovalScreen: false"],
    [oauth2.alwaysShowLoginScreen === true, "oauth2.alwaysShowLoginScreen: true"],
    [String(responseTypes) !== "code", `oauth2.responseTypes: ${String(responseTypes)}`],
    [textAt(oauth2, "passwordConnector") !== "", "oauth2.passwordConnector"],
    [textAt(treeAt(tree, "web"), "https") !== "", "web.https"],
    [treeAt(tree, "web").allowedOrigins !== undefined, "web.allowedOrigins"],
    [textAt(treeAt(tree, "grpc"), "addr") !== "", "grpc.addr"],
    [signer !== "" && signer !== "local", `signer.type: ${signer}`],
  ];
  const found = missing.find(([asked]) => asked);
  if (found) throw new Error(`the fake Dex does not know ${found[1]}: use the real Dex for it`);
  if (textAt(treeAt(tree, "telemetry"), "http") !== "") {
    log("WARN", "the fake Dex serves no telemetry: nobody will answer at telemetry.http");
  }
}

function readClient(entry: Tree, env: NodeJS.ProcessEnv): Client {
  const refuse = (issue: string): never => {
    throw new Error(`invalid config: ${issue}`);
  };
  const name = textAt(entry, "name");
  if (name === "") refuse("Name field is required for a client");
  const id = textAt(entry, "id") || env[textAt(entry, "idEnv")] || "";
  if (id === "") refuse("ID or IDEnv field is required for a client");
  const secret = textAt(entry, "secret") || env[textAt(entry, "secretEnv")] || "";
  if (secret === "") refuse(`Secret or SecretEnv field is required for client ${JSON.stringify(id)}`);
  const redirectUris = Array.isArray(entry.redirectURIs) ? entry.redirectURIs.map(String) : [];
  return { id, secret, name, redirectUris };
}

function readPerson(entry: Tree, env: NodeJS.ProcessEnv): Person {
  for (const key of ["email", "username", "userID", "name", "preferredUsername", "hash"]) {
    const type = typeof (entry[key] ?? "");
    if (type !== "string") {
      throw new Error(`json: cannot unmarshal ${type} into Go struct field .${key} of type string`);
    }
  }
  const username = textAt(entry, "username");
  return {
    email: textAt(entry, "email"),
    hash: bcryptHash(textAt(entry, "hash") || env[textAt(entry, "hashFromEnv")] || ""),
    username,
    userId: textAt(entry, "userID"),
    name: textAt(entry, "name") || username,
    preferredUsername: textAt(entry, "preferredUsername"),
    emailVerified: entry.emailVerified !== false,
    groups: Array.isArray(entry.groups) ? entry.groups.map(String) : [],
  };
}

function peopleByAddress(people: Person[]): Map<string, Person> {
  const byAddress = new Map<string, Person>();
  for (const person of people) {
    const address = person.email.toLowerCase();
    if (byAddress.has(address)) {
      log("ERROR", "attempting to create StaticPasswords with the same email id", { email: person.email });
    }
    byAddress.set(address, person);
  }
  return byAddress;
}

const DAY = 24 * 3600_000;

/** A Go duration such as `1h30m`, in milliseconds. */
function durationAt(tree: Tree, key: string): number | undefined {
  const text = textAt(tree, key);
  if (text === "") return undefined;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    throw new Error(`invalid config value ${JSON.stringify(text)} for auth request expiry: time: invalid duration`);
  }
  const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3600_000 };
  const parts = [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? 0), 0);
}

const treeAt = (tree: Tree, key: string): Tree => (tree[key] ?? {}) as Tree;
const treesAt = (tree: Tree, key: string): Tree[] => (tree[key] ?? []) as Tree[];
const textAt = (tree: Tree, key: string): string => String(tree[key] ?? "");
