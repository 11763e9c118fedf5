/** A file as it travels to the host. */
export interface HostFile {
  /** Path below the folder it is unpacked into: letters, digits and `._-/`. */
  path: string;
  /** Octal, `0644`. */
  mode: string;
  content: string;
}

const PATH = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/;

/**
 * Files as one text that a person can read in `pulumi preview --diff`, line by line, and that the host unpacks
 * (host/site_apply/archive.py): `file PATH MODE`, each line of it behind a bar, and at the end `end COUNT`,
 * without which the host refuses it as cut off.
 * @throws when a path is not safe to unpack, or a content would not come out as it went in.
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
