/** What package-lock.json says about one package. */
export interface LockEntry {
  version?: string;
  integrity?: string;
  dependencies?: Record<string, string>;
}

/**
 * The folders (as in "node_modules/koa") of some packages and of everything they depend on, as npm laid them out.
 *
 * @param lock the `packages` of package-lock.json
 * @param names the packages to begin with
 */
export function packageClosure(lock: Record<string, LockEntry>, names: string[]): string[] {
  const closure = new Set<string>();
  const visit = (from: string, name: string) => {
    const folder = resolveFolder(lock, from, name);
    if (folder === undefined || closure.has(folder)) return;
    closure.add(folder);
    for (const dependency of Object.keys(lock[folder]?.dependencies ?? {})) visit(folder, dependency);
  };
  for (const name of names) visit("", name);
  return [...closure].sort();
}

/** Where Node finds package `name` from within folder `from`: the nearest node_modules upwards. */
function resolveFolder(lock: Record<string, LockEntry>, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf("/node_modules/"), 0))) {
    const candidate = `${folder}${folder === "" ? "" : "/"}node_modules/${name}`;
    if (candidate in lock) return candidate;
    if (folder === "") return undefined;
  }
}
