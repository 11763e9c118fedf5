import type { Key } from "../../../settings/keys.ts";

/**
 * The keys of programs. nginx never reads this file as a map: session/programKeys.js does. It has the form of an allow list, so that a
 * rollback keeps only the keys that both releases have; see Service.lists.
 * @param hashes SHA-256 of each key, hexadecimal, by name.
 */
export function keysMap(keys: Key[], hashes: Record<string, string>): string {
  const lines = keys.map(
    ({ name, for: person, until, may, at }) => `"key:${hashes[name]} ${name} ${person} ${until} ${may} ${at}" allow;\n`,
  );
  return `# Keys of programs, from the stack's setting \`keys\`: SHA-256, name, person, last day, what it may do, host name.\n${lines.join("")}`;
}
