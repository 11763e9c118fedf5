import { isReserved } from "../catalog.ts";
import { LABEL } from "../domain.ts";
import { format, setThis, withFix } from "../issues.ts";

const LONGEST = 32;
/** Names that programs do not look up in DNS: nginx reads `unix` as a socket, and /etc/hosts of each container has the others. */
const SPECIAL = ["unix", "localhost", "ip6-localhost", "ip6-loopback"];
/** Programs read such a name as an IPv4 address: 10 is 0.0.0.10, and so is 0xa. */
const NUMBER = /^(\d+|0x[\da-f]*)$/;

/** Why an app cannot have a name; undefined when it can. */
export function whatIsWrongWithName(name: unknown): string | undefined {
  if (typeof name !== "string" || !LABEL.test(name))
    return "is no name an app can have: small letters, digits and inner hyphens, because it stands in front of the domain";
  // `<service>-check` is the name of the container that checks a service's files.
  if (isReserved(name) || name.endsWith("-check")) return "is a name of the site's own";
  if (SPECIAL.includes(name)) return "means something else to programs that look for the app";
  if (NUMBER.test(name)) return "is a number, which programs that look for the app take for an IP address";
  if (name.length > LONGEST) return `is longer than ${LONGEST} characters`;
  return undefined;
}

/** The message for a name that an app cannot have, with the closest one that it can. */
export function nameIssue(name: unknown): string {
  const wrong = whatIsWrongWithName(name) ?? "is no name";
  const asLabel = String(name)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, LONGEST);
  const meant = typeof name === "string" && whatIsWrongWithName(asLabel) === undefined ? asLabel : "myapp";
  return withFix(`${format(name)} ${wrong}.`, setThis(meant));
}
