import { isDeepStrictEqual } from "node:util";
import type { Change, Diff, Properties } from "./resource.ts";

/**
 * Compares inputs as the engine's own diff does: down to the deepest difference, one entry per change. A change
 * anywhere inside a property of `replaceOnChanges` replaces the resource.
 */
export function diffInputs(olds: Properties, news: Properties, replaceOnChanges: readonly string[]): Diff {
  const changes = propertyNames(olds, news).flatMap((property) =>
    differences(property, olds[property], news[property]).map(
      (difference): Change => ({ ...difference, replace: replaceOnChanges.includes(property), inputDiff: true }),
    ),
  );
  return { changes };
}

type Difference = Pick<Change, "path" | "kind">;

function differences(path: string, before: unknown, after: unknown): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (before === undefined) return [{ path, kind: "add" }];
  if (after === undefined) return [{ path, kind: "delete" }];
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) => differences(`${path}[${index}]`, before[index], after[index])).flat();
  }
  if (isObject(before) && isObject(after)) {
    return propertyNames(before, after).flatMap((name) =>
      differences(`${path}${accessor(name)}`, before[name], after[name]),
    );
  }
  return [{ path, kind: "update" }];
}

function propertyNames(olds: Properties, news: Properties): string[] {
  return [...new Set([...Object.keys(olds), ...Object.keys(news)])];
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A name that is not an identifier is quoted in a property path. */
function accessor(name: string): string {
  return /^[\w$]+$/.test(name) ? `.${name}` : `["${name.replaceAll('"', '\\"')}"]`;
}
