import { isReserved } from "../catalog.ts";
import { LABEL } from "../domain.ts";
import { format, setThis, withFix } from "../issues.ts";

const LONGEST = 32;
/** Names that programs do not look up in DNS: nginx reads `unix` as a socket; the others are in each /etc/hosts. */
const SPECIAL = ["unix", "localhost", "ip6-localhost", "ip6-loopback"];
/** Programs read such a name as an IPv4 address: 10 is 0.0.0.10, and so is 0xa. */
const NUMBER = /^(\d+|0x[\da-f]*)$/;

/** Why an app cannot have a name; undefined if it can. */
export function whatIsWrongWithName(name: unknown): string | undefined {
  if (typeof name !== "string" || !LABEL.test(name))
    return "cannot be the name of an app: use lower-case letters, digits and inner hyphens, because it is part of a host name";
  // `<service>-check` is the name of the container that checks a service's files.
  if (isReserved(name) || name.endsWith("-check")) return "is reserved for the site";
  if (SPECIAL.includes(name)) return "has a special meaning for the programs that look up the app";
  if (NUMBER.test(name)) return "is a number, which programs would read as an IP address";
  if (name.length > LONGEST) return `is longer than ${LONGEST} characters`;
  return undefined;
}

/** The message for an invalid app name; it suggests the closest valid name. */
export function nameIssue(name: unknown): string {
  const wrong = whatIsWrongWithName(name) ?? "is not a name";
  const asLabel = String(name)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, LONGEST);
  const meant = typeof name === "string" && whatIsWrongWithName(asLabel) === undefined ? asLabel : "myapp";
  return withFix(`${format(name)} ${wrong}.`, setThis(meant));
}
