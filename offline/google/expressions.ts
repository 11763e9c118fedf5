import { Script } from "node:vm";

/** Values by name, as an expression sees them. */
export type Scope = Record<string, unknown>;

/**
 * The value of `${...}` in a workflow's program. The fake knows what jupyter-up's program uses: names, fields, texts, numbers, `+`,
 * comparisons, `in`, `and`, `or`, `not` and sys.now. https://cloud.google.com/workflows/docs/reference/syntax/expressions
 * @throws Error for a name that is not defined, as the real service does when it gets there
 */
export function evaluate(text: string, scope: Scope): unknown {
  const words = text.replace(/("(?:[^"\\]|\\.)*")|\b(and|or|not|in)\b/g, (_, quoted?: string, word?: string) => {
    if (quoted !== undefined) return quoted;
    return { and: "&&", or: "||", not: "!", in: "in" }[word ?? ""] ?? "";
  });
  try {
    return new Script(`(${words})`).runInNewContext({ ...scope });
  } catch (error) {
    throw new Error(`evaluating expression \${${text}}: ${(error as Error).message}`);
  }
}

/** A value of the program with all its expressions replaced by their values. */
export function resolved(value: unknown, scope: Scope): unknown {
  if (typeof value === "string") {
    const [, expression] = /^\$\{([\s\S]*)\}$/.exec(value) ?? [];
    return expression === undefined ? value : evaluate(expression, scope);
  }
  if (Array.isArray(value)) return value.map((each) => resolved(each, scope));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolved(each, scope)]));
}
