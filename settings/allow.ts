import { z } from "zod";
import { alwaysOnLists, format, removeFirst, repeated, setThis, THIS_KEY, text, withFix } from "./issues.ts";

// This is narrower than RFC 5321 on purpose: these characters need no quoting in any generated file.
export const ADDRESS = /^[a-z0-9_%+'&=~!#/-]+(\.[a-z0-9_%+'&=~!#/-]+)*@([a-z0-9-]+\.)+[a-z0-9-]+$/;
export const LONGEST_ADDRESS = 254;

const ALLOW_EXAMPLE = "pulumi config set --path 'allow[0]' ann@example.com";

const NO_ADDRESS = "has no @ in it. An address is written ann@example.com, a whole domain @example.com";
const GITHUB_NAME = /^[a-z0-9](-?[a-z0-9]){0,38}$/;

function whatIsWrongWithEntry(entry: string): string | undefined {
  if (entry === "") return "is empty";
  if (entry.includes("*")) return "has a * in it. A whole domain is written @example.com";
  if (entry.length > LONGEST_ADDRESS) return `is ${entry.length} characters long; ${LONGEST_ADDRESS} is the maximum`;
  const asAddress = entry.startsWith("@") ? `someone${entry}` : entry;
  if (GITHUB_NAME.test(entry)) return undefined;
  if (!entry.includes("@")) return NO_ADDRESS;
  if (!ADDRESS.test(asAddress)) return "is neither an address (ann@example.com) nor a domain (@example.com)";
  return undefined;
}

/** An address, a whole `@domain`, or a GitHub user name (see `whatIsWrongAt`); lower-cased. */
export const allowEntry = text("an address", setThis("ann@example.com"))
  .transform((entry) => entry.trim().toLowerCase())
  .superRefine((entry, context) => {
    const wrong = whatIsWrongWithEntry(entry);
    if (!wrong) return;
    context.addIssue({ code: "custom", message: withFix(`${format(entry)} ${wrong}.`, setThis("ann@example.com")) });
  });

/** The site's allow list: addresses and `@domains`, or GitHub user names, each once. */
export const allow = z
  .array(allowEntry, {
    error: ({ input }) =>
      withFix(`expected a list of addresses, found ${format(input)}.`, removeFirst(input, ALLOW_EXAMPLE)),
  })
  .superRefine((entries, context) => {
    if (entries.length === 0)
      context.addIssue({
        code: "custom",
        message: withFix("the list is empty, so nobody could sign in. Add an address or a domain:", ALLOW_EXAMPLE),
      });
    for (const index of repeated(entries)) {
      const entry = entries[index] ?? "";
      if (whatIsWrongWithEntry(entry)) continue;
      context.addIssue({
        code: "custom",
        path: [index],
        message: withFix(
          `${format(entry)} is on the list twice (letter case makes no difference).`,
          `pulumi config rm --path '${THIS_KEY}'`,
        ),
      });
    }
  }, alwaysOnLists);

/** Why an entry cannot be used with this provider: GitHub identifies users by name, all others by address. */
export function whatIsWrongAt(provider: string, entry: string): string | undefined {
  if (provider !== "github") return GITHUB_NAME.test(entry) ? NO_ADDRESS : undefined;
  return entry.includes("@") ? "has an @ in it. GitHub users are listed by user name, such as ann-lee" : undefined;
}
