import { deflateSync, inflateSync } from "node:zlib";

/** The host's program after a change of its modules' sources, each of which is a compressed line. */
export function changedProgram(program: string, change: (source: string) => string): string {
  return program.replace(/(?<=^module \S+ )\S+$/gm, (code) => {
    const source = inflateSync(Buffer.from(code, "base64")).toString();
    const changed = change(source);
    return changed === source ? code : deflateSync(changed).toString("base64");
  });
}
