/**
 * The two files of a stack: the tracked one beside Pulumi.yaml, which is the user's and knows no machine, and the live one in
 * .state, which the CLI reads and which knows what set-up found out, and for the stack `local` this clone's encryption salt.
 * Pure: texts in, texts out.
 */

import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, isNode, isSeq, LineCounter, parseDocument, visit } from "yaml";
import { losesItsText } from "../../settings/unquoted.ts";
import { PlainError } from "../cli/plainError.ts";

/** Settings that set-up adds because of the machine, by their whole names ("jupyter-up:imageMirror"). */
export type MachineConfig = Record<string, string>;

interface StackFile {
  encryptionsalt?: string;
  config?: Record<string, unknown> | null;
}

// Quote what YAML 1.1 would read as a boolean. What is odd in a file is said by `requireYaml`, and nowhere else.
const options = { compat: "yaml-1.1", merge: true, logLevel: "silent" } as const;

/**
 * The live file: the tracked one with this clone's salt, and with the machine's settings where the user has set none.
 *
 * @param tracked the text of Pulumi.local.yaml
 * @param live the text of the live file as it is, for its salt; empty before the first time
 */
export function composeLive(tracked: string, live: string, machine: MachineConfig): string {
  const document = editable(tracked);
  // Keys of somebody else's clone would not open anything here.
  for (const key of ["encryptionsalt", "encryptedkey", "secretsprovider"]) document.delete(key);
  const { encryptionsalt } = stackFile(live);
  if (encryptionsalt) document.set("encryptionsalt", encryptionsalt);
  add(machine, document, tracked);
  return document.toString();
}

/** The live file of any other stack, whose tracked one has its keys: the same, with the machine's settings. */
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
 * The tracked file after `pulumi config ...` has changed the live one: the same changes, and every comment kept. The salt
 * and the machine's settings stay where they were.
 *
 * @param tracked the text of Pulumi.local.yaml
 * @param live the text of the live file after the command
 * @param machine what was added when the live file was composed
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

/** The tracked file of any other stack, after a command may have changed the live one: the settings, and the keys, too. */
export function writeAllBack(tracked: string, live: string, machine: MachineConfig): string {
  const text = writeBack(tracked, live, machine);
  const document = editable(text);
  const keys = Object.entries(stackFile(live)).filter(([name]) => name !== "config");
  const changed = keys.filter(([name, value]) => document.get(name) !== value);
  for (const [name, value] of changed) document.set(name, value);
  return changed.length > 0 ? document.toString() : text;
}

/** A stack's own file with quotes around what the CLI would read as another text. */
export function inQuotes(tracked: string): string {
  const document: Document = parseDocument(tracked, options);
  const untouched = document.toString();
  quote(document);
  const quoted = document.toString();
  return quoted === untouched ? tracked : quoted;
}

/** The configuration with something of the right form in the place of everything that is encrypted. */
export function withoutCiphers(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutCiphers(each));
  if (!isRecord(value)) return value;
  if (typeof value.secure === "string") return fakes[name.replace(/^.*:/, "")] ?? "-----BEGIN PRIVATE KEY-----";
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutCiphers(part, key)]));
}

const fakes: Record<string, string> = {
  passwordHash: `$2b$10$${".".repeat(53)}`,
  tlsCertificate: "-----BEGIN CERTIFICATE-----",
};

/** The configuration in a stack's file, by whole names. */
export function configOf(text: string): Record<string, unknown> {
  return stackFile(text).config ?? {};
}

/**
 * The text of a file that people edit, if it holds settings. The error names the place without the lines there: one may hold a secret.
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
    // The lines after the first show the place in the file.
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
      throw notValid(name, `${what} has to hold settings by their names, one a line, ${at(node.range?.[0])}`);
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

/** A file as a document whose keys can be set, even if there is nothing in it yet. */
function editable(text: string): Document {
  const document: Document = parseDocument(text, options);
  if (!isMap(document.contents)) document.contents = document.createNode({});
  quote(document);
  return document;
}

/** Puts quotes around what the CLI would read as another text: 0755 as 493, 2026-08-17 as a moment. */
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

/** Makes the node at `path` say `value`, touching no more nodes than it has to: comments hang on nodes. */
function assign(document: Document, path: (string | number)[], value: unknown): void {
  const node = document.getIn(path, true);
  // An alias, and what it stands for in other places, is left alone.
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

/** The CLI writes every number and every yes or no as a text. */
function isSame(one: unknown, other: unknown): boolean {
  const isPlain = (value: unknown) => typeof value !== "object";
  return one === other || (isPlain(one) && isPlain(other) && String(one) === String(other));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
