import { isUtf8 } from "node:buffer";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Files of this checkout that are sent to the host with an app. */

/** This checkout's folder, without a slash at the end. */
export const checkout = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;
/** The whole release is one text. */
const MOST_BYTES = 1 << 20;

/** The files below a folder of this checkout, by their path in it. */
export function filesBelow(folder: string): Record<string, string> {
  return Object.fromEntries(
    pathsBelow(folder).map((path) => [path, readFileSync(join(checkout, folder, path), "utf8")]),
  );
}

/** Why a folder of this checkout cannot be sent along; undefined when it can. */
export function whatIsWrongWithFolder(folder: string): string | undefined {
  return orWhyNot("folder", folder, () => {
    if (!statSync(join(checkout, folder)).isDirectory()) return "is no folder of this checkout";
    const paths = pathsBelow(folder);
    if (paths.length === 0) return "has no file in it";
    const size = paths.reduce((sum, path) => sum + statSync(join(checkout, folder, path)).size, 0);
    const files = size > MOST_BYTES ? [] : paths;
    const odd =
      paths.find((path) => !PATH.test(path)) ??
      files.find((path) => !isWholeText(readFileSync(join(checkout, folder, path))));
    if (odd !== undefined)
      return `cannot be sent along for its file ${JSON.stringify(odd)}: plain names and text that ends in a line break can; anything else belongs in an image`;
    return size > MOST_BYTES ? "has more than 1 MiB in it; so much belongs in an image" : undefined;
  });
}

/** Why a path is no file of this checkout that can be read; undefined when it is one. */
export function whatIsWrongWithFile(path: string): string | undefined {
  return orWhyNot("file", path, () => {
    if (!statSync(join(checkout, path)).isFile()) return "is no file of this checkout";
    return isText(readFileSync(join(checkout, path)))
      ? undefined
      : "is no text in UTF-8 (iconv -f latin1 -t utf-8 converts one)";
  });
}

/** Runs a check of a path. A setting may name anything, so an error of the file system is a reason, too. */
function orWhyNot(what: "file" | "folder", path: string, look: () => string | undefined): string | undefined {
  try {
    return look();
  } catch (error) {
    const { code = "", path: at = "" } = error as NodeJS.ErrnoException;
    const inIt = relative(join(checkout, path), at);
    if (inIt !== "") return `cannot be sent along: ${JSON.stringify(inIt)} in it cannot be read (${code})`;
    return NOTHING_THERE.includes(code) ? `is no ${what} of this checkout` : `cannot be read (${code})`;
  }
}
const NOTHING_THERE = ["ENOENT", "ENOTDIR", "ENAMETOOLONG"];

function pathsBelow(folder: string): string[] {
  return readdirSync(join(checkout, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(checkout, folder, path)).isFile())
    .sort();
}

const isText = (bytes: Buffer) => isUtf8(bytes) && !bytes.includes(0);
const isWholeText = (bytes: Buffer) => isText(bytes) && bytes.at(-1) === 0x0a;
