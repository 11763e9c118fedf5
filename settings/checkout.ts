import { readdirSync, readFileSync, statSync } from "node:fs";

/** What of this checkout travels to the host with an app. */

const checkout = new URL("../", import.meta.url);
const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;
/** The whole release is one text. */
const MOST_BYTES = 1 << 20;

/** The files below a folder of this checkout, by their path in it. */
export function filesBelow(folder: string): Record<string, string> {
  return Object.fromEntries(
    pathsBelow(folder).map((path) => [path, readFileSync(new URL(`${folder}/${path}`, checkout), "utf8")]),
  );
}

/** Why a folder of this checkout cannot be sent along; undefined when it can. */
export function whatIsWrongWithFolder(folder: string): string | undefined {
  if (!statSync(new URL(folder, checkout), { throwIfNoEntry: false })?.isDirectory())
    return "is no folder of this checkout";
  const paths = pathsBelow(folder);
  if (paths.length === 0) return "has no file in it";
  const files = paths.map((path) => ({ path, bytes: readFileSync(new URL(`${folder}/${path}`, checkout)) }));
  const odd = files.find(({ path, bytes }) => !PATH.test(path) || !isText(bytes));
  if (odd)
    return `cannot be sent along for its file ${JSON.stringify(odd.path)}: plain names and text that ends in a line break can; anything else belongs in an image`;
  if (files.reduce((sum, { bytes }) => sum + bytes.length, 0) > MOST_BYTES)
    return "has more than 1 MiB in it; so much belongs in an image";
  return undefined;
}

/** Why a path is no file of this checkout; undefined when it is one. */
export function whatIsWrongWithFile(path: string): string | undefined {
  const isFile = statSync(new URL(path, checkout), { throwIfNoEntry: false })?.isFile();
  return isFile ? undefined : "is no file of this checkout";
}

function pathsBelow(folder: string): string[] {
  const root = new URL(folder, checkout);
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(new URL(`${folder}/${path}`, checkout)).isFile())
    .sort();
}

function isText(bytes: Buffer): boolean {
  const text = bytes.toString("utf8");
  return text.endsWith("\n") && !text.includes("\0") && Buffer.from(text).equals(bytes);
}
