/**
 * The two files of a stack: the tracked one beside Pulumi.yaml, which is the user's and knows no machine, and the live one in
 * .state, which the CLI reads and which knows what set-up found out, and for the stack `local` this clone's encryption salt.
 * Pure: texts in, texts out.
 */

import { type Document, isMap, isSeq, parse, parseDocument } from "yaml";
import { PlainError } from "./plainError.ts";

/** Settings that set-up adds because of the machine, by their whole names ("jupyter-up:imageMirror"). */
export type MachineConfig = Record<string, string>;

interface StackFile {
  encryptionsalt?: string;
  config?: Record<string, unknown> | null;
}

// Quote what YAML 1.1 would read as a date or a boolean: that is what the CLI reads.
const options = { compat: "yaml-1.1" } as const;

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

/** The configuration with something of the right form in the place of everything that is encrypted. */
export function withoutCiphers(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((each) => withoutCiphers(each));
  if (!isRecord(value)) return value;
  if (typeof value.secure === "string") return standIns[name.replace(/^.*:/, "")] ?? "-----BEGIN PRIVATE KEY-----";
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withoutCiphers(part, key)]));
}

const standIns: Record<string, string> = {
  passwordHash: `$2b$10$${".".repeat(53)}`,
  tlsCertificate: "-----BEGIN CERTIFICATE-----",
};

/** The configuration in a stack's file, by whole names. */
export function configOf(text: string): Record<string, unknown> {
  return stackFile(text).config ?? {};
}

/**
 * The text of a file that people edit, if it is valid YAML. The error names the place without the lines there: one may hold a secret.
 *
 * @param name the file's name, for the error
 */
export function requireYaml(text: string, name: string): string {
  const [error] = parseDocument(text, options).errors;
  if (error === undefined) return text;
  // The lines after the first show the place in the file.
  const what = error.message.split("\n")[0]?.replace(/:$/, "");
  throw new PlainError(`${name} is not valid YAML: ${what}.`, "Correct the file there, and run the command again.");
}

/** A file as a document whose keys can be set, even if there is nothing in it yet. */
function editable(text: string): Document {
  const document: Document = parseDocument(text, options);
  if (!isMap(document.contents)) document.contents = document.createNode({});
  return document;
}

function stackFile(text: string): StackFile {
  return (parse(text, options) as StackFile | null) ?? {};
}

function missing(machine: MachineConfig, config: Record<string, unknown>): MachineConfig {
  return Object.fromEntries(Object.entries(machine).filter(([name]) => !config[name]));
}

/** Makes the node at `path` say `value`, touching no more nodes than it has to: comments hang on nodes. */
function assign(document: Document, path: (string | number)[], value: unknown): void {
  const node = document.getIn(path, true);
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
