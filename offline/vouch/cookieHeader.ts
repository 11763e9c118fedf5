export interface Cookie {
  name: string;
  value: string;
}

/** Reads a Cookie header as Go does: drops double quotes around a value, and cookies with invalid characters. */
export function parseCookies(header: string): Cookie[] {
  return header.split(";").flatMap((part) => {
    const [, name = "", text = ""] = /^\s*([^=]*?)\s*(?:=(.*?))?\s*$/s.exec(part) ?? [];
    const value = /^"(.*)"$/s.exec(text)?.[1] ?? text;
    const sound = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/.test(name) && /^[\x20!#-:<-[\]-~]*$/.test(value);
    return sound ? [{ name, value }] : [];
  });
}
