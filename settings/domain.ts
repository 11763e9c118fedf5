import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { SERVICE_LABELS } from "./catalog.ts";
import { format, optionalText, text, withFix } from "./issues.ts";

/** One label of a DNS name. */
export const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Maximum length of a DNS name, in characters. */
export const LONGEST_NAME = 253;
/**
 * Whether a text is an https URL without blanks, quotes, backslashes and control characters, which programs read
 * differently.
 */
export const isHttpsAddress = (text: string) => /^https:\/\/[^\s\p{C}"'\\]+$/u.test(text) && URL.canParse(text);

/** Leaves room for the longest label that the site puts in front of its domain. */
const LONGEST_DOMAIN = LONGEST_NAME - "jupyter.".length;

export function whatIsWrongWithDomain(domain: string): string | undefined {
  if (domain === "") return "is not a domain";
  if (/^[a-z]+:\/\//.test(domain)) return "is a URL; set only the domain name";
  if (/[/?#@]/.test(domain)) return "has characters that no domain name can have; set only the domain name";
  if (isIP(domain.replace(/^\[|\]$/g, "")) !== 0)
    return "is an IP address; the site needs a domain, because each of its services has its own name below it";
  if (/:\d*$/.test(domain)) return "has a port in it; the port is a separate setting (port)";
  if (domain.includes("*")) return "has a * in it; the site adds its own names in front of the domain";
  if (domain.endsWith(".")) return "ends in a dot, which browsers and certificates do not accept";
  if (/[^\p{ASCII}]/u.test(domain)) return "has letters other than a to z; write it in its DNS form (xn--...)";
  const labels = domain.split(".");
  if (labels.length < 2)
    return "has one label only, and browsers refuse sign-in cookies for such a domain; it needs two or more";
  const bad = labels.find((label) => !LABEL.test(label));
  if (bad === "") return "has an empty label (two dots in a row, or one in front)";
  if (bad !== undefined)
    return `has the label ${format(bad)}: letters, digits and inner hyphens only, 63 characters at most`;
  if (/^\d+$/.test(labels.at(-1) ?? "")) return "ends in a number, which a domain cannot";
  if (domain.length > LONGEST_DOMAIN) return `is ${domain.length} characters long; ${LONGEST_DOMAIN} is the maximum`;
  return undefined;
}

/** Whether browsers resolve every name below a domain to their own machine. */
export const isOwnMachine = (domain: string) => /(^|\.)localhost$/.test(domain);

const DOMAIN_EXAMPLE = "pulumi config set domain lab.example.com";

/** Base domain of the site's host names, in DNS form: two or more labels, lower-cased. */
export const domain = text("a domain", DOMAIN_EXAMPLE)
  .transform((text) => text.trim().toLowerCase())
  .superRefine((domain, context) => {
    const wrong = whatIsWrongWithDomain(domain);
    if (!wrong) return;
    const ascii = domainToASCII(domain);
    const meant = ascii !== domain && !whatIsWrongWithDomain(ascii);
    const fix = meant ? `pulumi config set domain ${ascii}` : DOMAIN_EXAMPLE;
    context.addIssue({ code: "custom", message: withFix(`${format(domain)} ${wrong}.`, fix) });
  });

const HOME_EXAMPLE = "pulumi config set home home";

/** First label of the front page's host name; absent: the domain itself. */
export const home = optionalText("a label", HOME_EXAMPLE)
  .refine((label) => label === undefined || LABEL.test(label), {
    error: (issue) =>
      withFix(
        `${format(issue.input)} is not the first label of a name: use lower-case letters, digits and inner hyphens, no dots.`,
        HOME_EXAMPLE,
      ),
  })
  .refine((label) => label === undefined || !SERVICE_LABELS.includes(label), {
    error: (issue) => withFix(`${format(issue.input)} is the name of one of the site's services.`, HOME_EXAMPLE),
  });
