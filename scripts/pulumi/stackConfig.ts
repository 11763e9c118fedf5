/**
 * The two files of a stack. The tracked one, beside Pulumi.yaml, belongs to the user and is independent of the machine.
 * The live one, in .state, is read by the CLI and adds what set-up detected, and for the stack `local` this clone's
 * encryption salt. Pure: texts in, texts out.
 */

import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isNode, isSeq, LineCounter, parseDocument, visit } from "yaml";
import { losesItsText } from "../../settings/unquoted.ts";
import { PlainError } from "../cli/plainError.ts";

/** Settings that set-up adds for this machine, by full names ("jupyter-up:imageMirror"). */
export type MachineConfig = Record<string, string>;

interface StackFile {
  encryptionsalt?: string;
  config?: Record<string, unknown> | null;
}

// Quotes what YAML 1.1 would read as a boolean. Only `requireYaml` reports errors in a file.
const options = { compat: "yaml-1.1", merge: true, logLevel: "silent" } as const;

/**
 * The live file: the tracked one with this clone's salt, and with the machine's settings that the user has not set.
 *
 * @param tracked the text of Pulumi.local.yaml
 * @param live the text of the existing live file, for its salt; empty before the first time
 */
export function composeLive(tracked: string, live: string, machine: MachineConfig): string {
  const document = editable(tracked);
  // Encryption keys of another clone would not decrypt anything here.
  for (const key of ["encryptionsalt", "encryptedkey", "secretsprovider"]) document.delete(key);
  const { encryptionsalt } = stackFile(live);
  if (encryptionsalt) document.set("encryptionsalt", encryptionsalt);
  add(machine, document, tracked);
  return document.toString();
}

/** The live file of any other stack, whose tracked file contains its keys: the same, with the machine's settings. */
export function withMachine(tracked: string, machine: MachineConfig): string {
  const document = editable(tracked);
  add(machine, document, tracked);
  return document.toString();
}

function add(machine: MachineConfig, document: Document, tracked: string): void {
  const added = Object.entries(missing(machine, configOf(tracked)));
  if (added.length > 0 && !isMap(document.get("config"))) document.set("config", document.createNode({}));
  for (const [name, value] of added) document.setIn(["config", name], value);
}

/**
 * The tracked file after `pulumi config ...` has changed the live one: with the same changes and all comments. The salt
 * and the machine's settings are not copied.
 *
 * @param tracked the text of Pulumi.local.yaml
 * @param live the text of the live file after the command
 * @param machine the settings that were added to the live file
 */
export function writeBack(tracked: string, live: string, machine: MachineConfig): string {
  const before = configOf(tracked);
  const after = { ...configOf(live) };
  for (const [name, value] of Object.entries(missing(machine, before))) {
    if (after[name] === value) delete after[name];
  }
  const document = editable(tracked);
  const untouched = document.toString();
  assign(document, ["config"], after);
  const changed = document.toString();
  return changed === untouched ? tracked : changed;
}

/** The tracked file of any other stack, after a command may have changed the live one: settings and encryption keys. */
export function writeAllBack(tracked: string, live: string, machine: MachineConfig): string {
  const text = writeBack(tracked, live, machine);
  const document = editable(text);
  const keys = Object.entries(stackFile(live)).filter(([name]) => name !== "config");
  const changed = keys.filter(([name, value]) => document.get(name) !== value);
  for (const [name, value] of changed) document.set(name, value);
  return changed.length > 0 ? document.toString() : text;
}

/** A stack's own file with quotes around values that the CLI would change. */
export function inQuotes(tracked: string): string {
  const document: Document = parseDocument(tracked, options);
  const untouched = document.toString();
  quote(document);
  const quoted = document.toString();
  return quoted === untouched ? tracked : quoted;
}

/** The configuration with placeholders of the right form for everything that is encrypted. */
export function withoutCiphers(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutCiphers(each));
  if (!isRecord(value)) return value;
  if (typeof value.secure === "string") return placeholders[name.replace(/^.*:/, "")] ?? "-----BEGIN PRIVATE KEY-----";
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutCiphers(part, key)]));
}

const placeholders: Record<string, string> = {
  passwordHash: `$2b$10$${".".repeat(53)}`,
  tlsCertificate: "-----BEGIN CERTIFICATE-----",
  kubeconfig: JSON.stringify({
    "current-context": "any",
    contexts: [{ name: "any", context: { cluster: "any" } }],
    clusters: [{ name: "any", cluster: { server: "https://any" } }],
  }),
};

/** The configuration in a stack's file, by full names. */
export function configOf(text: string): Record<string, unknown> {
  return stackFile(text).config ?? {};
}

/**
 * The text of a file that people edit, if it is valid. The error names the position without quoting the lines: they may
 * contain a secret.
 *
 * @param name the file's name, for the error
 */
export function requireYaml(bytes: Uint8Array | string, name: string): string {
  const text = typeof bytes === "string" ? bytes : decoded(bytes, name);
  const lines = new LineCounter();
  const document: Document = parseDocument(text, { ...options, logLevel: "error", lineCounter: lines });
  const at = (offset = 0) => `at line ${lines.linePos(offset).line}, column ${lines.linePos(offset).col}`;
  for (const { code, message, pos } of document.errors) {
    if (code === "MULTIPLE_DOCS") throw notValid(name, `a second document begins ${at(pos[0])}`);
    // The lines after the first one quote the file.
    throw notValid(name, message.split("\n")[0]?.replace(/:$/, "") ?? code);
  }
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) === undefined)
        throw notValid(name, `there is no anchor for *${alias.source} ${at(alias.range?.[0])}`);
    },
  });
  for (const [what, node] of [
    ["the file", document.contents],
    ["config", document.get("config", true)],
  ] as const)
    if (isNode(node) && !isMap(node) && node.toJS(document) !== null)
      throw notValid(name, `${what} must contain settings by name, one per line, ${at(node.range?.[0])}`);
  return text;
}

function decoded(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw notValid(name, "it is not UTF-8 text");
  }
}

const notValid = (name: string, why: string) =>
  new PlainError(`${name} is not valid YAML: ${why}.`, "Correct the file there, and run the command again.");

/** A file as a document whose keys can be set, even if it is empty. */
function editable(text: string): Document {
  const document: Document = parseDocument(text, options);
  if (!isMap(document.contents)) document.contents = document.createNode({});
  quote(document);
  return document;
}

/** Quotes values that the CLI would change: 0755 into 493, 2026-08-17 into a timestamp. */
function quote(document: Document): void {
  visit(document, {
    Scalar(_, scalar) {
      if (scalar.type !== "PLAIN" || scalar.tag !== undefined || !losesItsText(scalar.source ?? "")) return;
      scalar.value = scalar.source;
      scalar.type = "QUOTE_DOUBLE";
    },
  });
}

function stackFile(text: string): StackFile {
  return editable(text).toJS() as StackFile;
}

function missing(machine: MachineConfig, config: Record<string, unknown>): MachineConfig {
  return Object.fromEntries(Object.entries(machine).filter(([name]) => !config[name]));
}

/** Sets the node at `path` to `value`, and touches as few nodes as possible: comments are attached to nodes. */
function assign(document: Document, path: (string | number)[], value: unknown): void {
  const node = document.getIn(path, true);
  // Leaves alone an alias, and its anchor elsewhere.
  if (isNode(node) && isDeepStrictEqual(node.toJS(document), value)) return;
  if (isMap(node) && isRecord(value)) {
    for (const { key } of [...node.items]) {
      const name = String(key);
      if (!(name in value)) document.deleteIn([...path, name]);
    }
    for (const [name, part] of Object.entries(value)) assign(document, [...path, name], part);
  } else if (isSeq(node) && Array.isArray(value)) {
    for (let index = node.items.length - 1; index >= value.length; index--) document.deleteIn([...path, index]);
    for (const [index, part] of value.entries()) assign(document, [...path, index], part);
  } else if (!isSame(document.getIn(path), value)) {
    document.setIn(path, typeof value === "object" && value !== null ? document.createNode(value) : value);
  }
}

/** The CLI writes every number and boolean as a text. */
function isSame(one: unknown, other: unknown): boolean {
  const isPlain = (value: unknown) => typeof value !== "object";
  return one === other || (isPlain(one) && isPlain(other) && String(one) === String(other));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
