/** A file in a release archive. */
export interface HostFile {
  /** Path below the folder it is unpacked into: letters, digits and `._-/`. */
  path: string;
  /** Octal, `0644`. */
  mode: string;
  content: string;
}

const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/**
 * Serializes files as one text. A person can read it line by line in `pulumi preview --diff`, and the host unpacks it
 * (host/site_apply/archive.py): `file PATH MODE`, then each line behind a bar, and `end COUNT` at the end. Without the
 * end, the host refuses the text as truncated.
 * @throws if a path is not safe to unpack, or a content would change on the way.
 */
export function serializeArchive(files: HostFile[]): string {
  const parts = files.map(({ path, mode, content }) => {
    if (!PATH.test(path)) throw new Error(`${path}: not a path that can be released`);
    if (!content.endsWith("\n")) throw new Error(`${path}: must end with a line break`);
    const lines = content.slice(0, -1).split("\n");
    return [`file ${path} ${mode}`, ...lines.map((line) => `|${line}`)].join("\n");
  });
  return [...parts, `end ${files.length}`, ""].join("\n");
}
