import { posix } from "node:path";
import { escapePath } from "./goUrl.ts";

/** Routes a request: to a handler, to the canonical spelling of its path, or to nothing. */
export type Match<T> = { route: T } | { moved: string } | { allow: string } | undefined;

interface Route<T> {
  pattern: string;
  exact: RegExp;
  anyCase: RegExp;
  target: T;
}

/** The pattern as a regular expression; a `:name` is one segment, which may be empty only before a slash. */
function expressionOf(pattern: string): string {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replace(/:\w+(\/?)/g, (_, slash: string) => (slash ? "([^/]*)/" : "([^/]+)"));
  return `^${source}$`;
}

/**
 * Finds routes as Go's httprouter does: GET only. A path with a wrong trailing slash, doubled slashes, dots or capitals
 * is redirected to its canonical spelling. Any other method on a known path gets 405.
 */
export class Router<T> {
  readonly #routes: Route<T>[] = [];

  /** Adds a route for GET; `:name` in the pattern stands for one segment. */
  get(pattern: string, target: T): void {
    const source = expressionOf(pattern);
    this.#routes.push({ pattern, exact: new RegExp(source), anyCase: new RegExp(source, "i"), target });
  }

  find(method: string, path: string): Match<T> {
    const found = this.#routes.find(({ exact }) => exact.test(path));
    if (method !== "GET") return found && { allow: "GET, OPTIONS" };
    if (found) return { route: found.target };
    const moved = path === "/" ? undefined : this.#properSpelling(path);
    return moved === undefined ? undefined : { moved };
  }

  #properSpelling(path: string): string | undefined {
    const clean = posix.normalize(`/${path}`);
    const otherEnd = clean.endsWith("/") ? clean.slice(0, -1) : `${clean}/`;
    for (const candidate of [clean, otherEnd]) {
      for (const { pattern, anyCase } of this.#routes) {
        const [whole, ...segments] = anyCase.exec(candidate) ?? [];
        if (whole !== undefined) return escapePath(pattern.replace(/:\w+/g, () => segments.shift() ?? ""));
      }
    }
    return undefined;
  }
}
