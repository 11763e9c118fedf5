import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** The source files of a program, and the npm packages they import. */
export interface ModuleGraph {
  files: string[];
  packages: string[];
}

/**
 * Follows the imports of a TypeScript program from its first file. Relative imports include the extension: `./x.ts`.
 */
export async function moduleGraph(entry: string): Promise<ModuleGraph> {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = async (file: string): Promise<void> => {
    if (files.has(file)) return;
    files.add(file);
    for (const specifier of importsOf(await readFile(file, "utf8"))) {
      if (specifier.startsWith(".")) await visit(join(dirname(file), specifier));
      else if (!specifier.startsWith("node:")) packages.add(packageOf(specifier));
    }
  };
  await visit(entry);
  return { files: [...files].sort(), packages: [...packages].sort() };
}

/** The module specifiers in a source text. Type-only imports have no effect at run time and are skipped. */
export function importsOf(source: string): string[] {
  const statements = source.matchAll(/^(?:import|export)\s+(?!type\b)(?:[^"';]*?\bfrom\s+)?"([^"]+)"/gm);
  return [...statements].map(([, specifier = ""]) => specifier);
}

/** "oidc-provider/lib/x.js" belongs to package oidc-provider, "@scope/name/x" to @scope/name. */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
