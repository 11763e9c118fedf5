import { parse } from "yaml";

/** A text of files/release/archive.ts, read again. */
export interface Unpacked {
  header: string[];
  files: Record<string, { mode: string; content: string }>;
  /** What `end` says. */
  count: number;
}

/** Reads a flat text by its definition, apart from the awk that does so on the host. */
export function unpack(text: string): Unpacked {
  const unpacked: Unpacked = { header: [], files: {}, count: -1 };
  let content: { mode: string; content: string } | undefined;
  for (const line of text.split("\n").slice(0, -1)) {
    const [word, ...rest] = line.split(" ");
    if (line.startsWith("|") && content) content.content += `${line.slice(1)}\n`;
    else if (word === "file") unpacked.files[rest[0] ?? ""] = content = { mode: rest[1] ?? "", content: "" };
    else if (word === "end") unpacked.count = Number(rest[0]);
    else unpacked.header.push(line);
  }
  return unpacked;
}

/** The content of a file whose path ends so: `nginx.conf`, whatever folder it lies in. */
export function contentOf(text: string, path: string): string {
  const found = Object.entries(unpack(text).files).find(([each]) => each === path || each.endsWith(`/${path}`));
  if (!found) throw new Error(`there is no file ${path}`);
  return found[1].content;
}

/** A service as compose.yaml defines it. */
export type ComposeService = Record<string, unknown> & {
  networks?: string[];
  environment?: Record<string, unknown>;
  ports?: string[];
  volumes?: { source: string; target: string; read_only?: boolean; bind: { create_host_path: boolean } }[];
};

/** What compose.yaml of a release says. */
export function composeOf(release: string): {
  name: string;
  services: Record<string, ComposeService>;
  networks: Record<string, unknown>;
} {
  return parse(contentOf(release, "compose.yaml"));
}
