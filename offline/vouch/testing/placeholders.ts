/** Replaces the `{placeholders}` of a text; an unknown one stays. */
export async function fill(
  text: string,
  lookUp: (name: string) => Promise<string | undefined> | string | undefined,
): Promise<string> {
  let filled = "";
  let rest = text;
  for (let match = /\{([^{}]+)\}/.exec(rest); match; match = /\{([^{}]+)\}/.exec(rest)) {
    const [whole, name = ""] = match;
    filled += rest.slice(0, match.index) + ((await lookUp(name)) ?? whole);
    rest = rest.slice(match.index + whole.length);
  }
  return filled + rest;
}

const shapes: Record<string, string> = {
  state: "[A-Za-z0-9]{16,32}",
  jwt: "[\\w-]+\\.[\\w-]+\\.[\\w-]+",
  emptyUserJwt: "[\\w-]+\\.eyJ1c2VybmFtZSI6IiIs[\\w-]+\\.[\\w-]+",
  opaque: "[^;]+",
  date: "\\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT",
  any: "[\\s\\S]*",
};

/** The text as a regular expression, with each `{placeholder}` replaced by the values it can have. */
export function expected(text: string, whole: boolean): RegExp {
  const source = text
    .split(/(\{\w+\})/)
    .map((part) => shapes[part.slice(1, -1)] ?? part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("");
  return new RegExp(whole ? `^${source}$` : source);
}
