import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { describe, it } from "@jest/globals";
import typescript from "typescript";

const checkout = new URL("../../", import.meta.url);
const folders = ["settings", "files", "components", "package", "policy", "scripts", "offline", "tests"];
const modules = globSync(["*.ts", ...folders.map((folder) => `${folder}/**/*.{ts,mts}`)], {
  cwd: checkout.pathname,
  exclude: (path) => path.includes("node_modules"),
}).sort();

/** The layers that each layer may import besides itself. Tests may import all. */
const LAYERS: Record<string, string[]> = {
  settings: [],
  files: ["settings"],
  components: ["files", "settings"],
  // Rules that used the program's own constants would change with the program.
  policy: [],
  "index.ts": ["components", "settings"],
  package: ["components", "settings"],
  "scripts/cli": [],
  offline: ["scripts/cli"],
  scripts: ["scripts/cli", "offline", "components", "files", "settings"],
};

function layerOf(path: string): string {
  if (/^tests\/|\.(test|program)\.ts$|\/testing(\.ts$|\/)/.test(path)) return "tests";
  const [first = "", second] = path.split("/");
  return `${first}/${second}` in LAYERS ? `${first}/${second}` : first;
}

/** The project's files that a module imports, imports of types included. */
function importsOf(path: string): string[] {
  const { importedFiles } = typescript.preProcessFile(readFileSync(new URL(path, checkout), "utf8"));
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith("."))
    .map((name) => posix.join(posix.dirname(path), name));
}

const graph = new Map(modules.map((path) => [path, importsOf(path)]));

describe("The project's modules", () => {
  it("are all read with their imports", () => {
    assert.ok(modules.length > 400, `${modules.length} modules`);
    assert.ok(graph.get("index.ts")?.includes("components/createSite.ts"));
    // This one imports only a type.
    assert.ok(graph.get("components/host/host.ts")?.includes("files/site/hostLayout.ts"));
    assert.deepEqual([...new Set(modules.map(layerOf))].sort(), [...Object.keys(LAYERS), "tests"].sort());
  });

  it("import only from the layers below", () => {
    const wrong = [...graph].flatMap(([path, imports]) => {
      const layer = layerOf(path);
      if (layer === "tests") return [];
      const allowed = [layer, ...(LAYERS[layer] ?? [])];
      return imports.filter((other) => !allowed.includes(layerOf(other))).map((other) => `${path} imports ${other}`);
    });
    assert.deepEqual(wrong, []);
  });

  it("have no import cycles, imports of types included", () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, way: string[]) => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(" > "));
      if (done.has(path) || way.includes(path)) return;
      for (const other of graph.get(path) ?? []) visit(other, [...way, path]);
      done.add(path);
    };
    for (const path of modules) visit(path, []);
    assert.deepEqual(circles, []);
  });
});
