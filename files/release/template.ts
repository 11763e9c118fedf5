import { readFileSync } from "node:fs";

/**
 * Renders a file next to a service's code, replacing its `{{names}}`.
 * @throws if a name in the file has no value, or a value is not used in the file.
 */
export function renderTemplate(file: URL, values: Record<string, string> = {}): string {
  const text = readFileSync(file, "utf8");
  const used = new Set<string>();
  const filled = text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${file.pathname}: {{${name}}} has no value`);
    used.add(name);
    return value;
  });
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`${file.pathname}: unused values: ${unused.join(", ")}`);
  return filled;
}
