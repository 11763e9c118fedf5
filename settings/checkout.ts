import { isUtf8 } from "node:buffer";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Files of this checkout that are sent to the host with an app. */

/** Absolute path of this checkout, without a trailing slash. */
export const checkout = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");
const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;
/** Limit for the files of an app: the whole release is one text. */
const MOST_BYTES = 1 << 20;

/** All files below a folder of this checkout: their text by their path in the folder. */
export function filesBelow(folder: string): Record<string, string> {
  return Object.fromEntries(
    pathsBelow(folder).map((path) => [path, readFileSync(join(checkout, folder, path), "utf8")]),
  );
}

/** Why a folder of this checkout cannot be sent to the host; undefined if it can. */
export function whatIsWrongWithFolder(folder: string): string | undefined {
  return orWhyNot("folder", folder, () => {
    if (!statSync(join(checkout, folder)).isDirectory()) return "is not a folder of this checkout";
    const paths = pathsBelow(folder);
    if (paths.length === 0) return "contains no files";
    const size = paths.reduce((sum, path) => sum + statSync(join(checkout, folder, path)).size, 0);
    const files = size > MOST_BYTES ? [] : paths;
    const odd =
      paths.find((path) => !PATH.test(path)) ??
      files.find((path) => !isWholeText(readFileSync(join(checkout, folder, path))));
    if (odd !== undefined)
      return `cannot be sent along for its file ${JSON.stringify(odd)}: only text files that end in a line break and have plain names can; put anything else in an image`;
    return size > MOST_BYTES ? "is larger than 1 MiB; put that much in an image" : undefined;
  });
}

/** Why a path is not a readable text file of this checkout; undefined if it is. */
export function whatIsWrongWithFile(path: string): string | undefined {
  return orWhyNot("file", path, () => {
    if (!statSync(join(checkout, path)).isFile()) return "is not a file of this checkout";
    return isText(readFileSync(join(checkout, path)))
      ? undefined
      : "is not UTF-8 text (iconv -f latin1 -t utf-8 converts it)";
  });
}

/** Runs a check of a path. A file system error counts as a reason, too, because a setting may name anything. */
function orWhyNot(what: "file" | "folder", path: string, look: () => string | undefined): string | undefined {
  try {
    return look();
  } catch (error) {
    const { code = "", path: at = "" } = error as NodeJS.ErrnoException;
    const inIt = relative(join(checkout, path), at);
    if (inIt !== "") return `cannot be sent along: ${JSON.stringify(inIt)} in it cannot be read (${code})`;
    return NOTHING_THERE.includes(code) ? `is not a ${what} of this checkout` : `cannot be read (${code})`;
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
