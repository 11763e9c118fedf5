/** The tree of values that a machine's metadata server shows, and the two ways to read it. Pure. */

/** A leaf is text; a branch has its children by name. Names are those in the paths: `network-interfaces`. */
export type Metadata = string | { readonly [name: string]: Metadata };

export interface Reading {
  readonly status: 200 | 301 | 404;
  readonly body: string;
  readonly type: "application/text" | "application/json";
}

/** Reads what lies at a path below `computeMetadata/v1`, such as `instance/attributes/ssh-keys`. */
export function readMetadata(root: Metadata, path: string, query: URLSearchParams): Reading {
  const names = path.split("/").filter(Boolean);
  const found = names.reduce<Metadata | undefined>(child, root);
  if (found === undefined) return { status: 404, body: "404 page not found\n", type: "application/text" };
  if (typeof found === "string") return { status: 200, body: found, type: isJson(found) };
  if (query.get("recursive")?.toLowerCase() === "true") {
    if (query.get("alt") === "text") return { status: 200, body: flat(found, ""), type: "application/text" };
    const camel = names[1] !== "attributes";
    return { status: 200, body: JSON.stringify(branchJson(found, camel)), type: "application/json" };
  }
  if (!path.endsWith("/") && path !== "")
    return { status: 301, body: `/computeMetadata/v1/${path}/`, type: "application/text" };
  return { status: 200, body: listing(found), type: "application/text" };
}

function child(parent: Metadata | undefined, name: string): Metadata | undefined {
  return typeof parent === "object" && Object.hasOwn(parent, name) ? parent[name] : undefined;
}

function listing(branch: { readonly [name: string]: Metadata }): string {
  return Object.entries(branch)
    .map(([name, value]) => `${name}${typeof value === "string" ? "" : "/"}\n`)
    .join("");
}

function flat(node: Metadata, path: string): string {
  if (typeof node === "string") return `${path} ${node}\n`;
  return Object.entries(node)
    .map(([name, value]) => flat(value, path === "" ? name : `${path}/${name}`))
    .join("");
}

/** In JSON, names are in camel case and numbered branches are lists; names given by the user stay as they are. */
function branchJson(node: Metadata, camel: boolean): unknown {
  if (typeof node === "string") return node;
  const entries = Object.entries(node);
  if (entries.length > 0 && entries.every(([name]) => /^\d+$/.test(name))) {
    return entries.map(([, value]) => branchJson(value, camel));
  }
  return Object.fromEntries(
    entries.map(([name, value]) => [
      camel ? name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase()) : name,
      branchJson(value, camel && name !== "attributes"),
    ]),
  );
}

function isJson(text: string): Reading["type"] {
  return text.startsWith("{") ? "application/json" : "application/text";
}
