import { z } from "zod";
import { ADDRESS, LONGEST_ADDRESS } from "./allow.ts";
import { LABEL } from "./domain.ts";
import { fault, kindOf, oneOf, optionalText, shown, yesOrNo } from "./issues.ts";

/** How the world finds the site (DNS) and trusts it (TLS). */

const HOME_EXAMPLE = "pulumi config set home home";
/** What else answers in front of the domain. */
const SERVICES = ["jupyter", "vouch", "dex"];

/** Whether a text is an https address that every program reads alike: no blanks, quotes, backslashes or control characters. */
export const isHttpsAddress = (text: string) => /^https:\/\/[^\s\p{C}"'\\]+$/u.test(text) && URL.canParse(text);

/** First label of the front page's name; absent: the domain itself. */
export const home = optionalText("a label", HOME_EXAMPLE)
  .refine((label) => label === undefined || LABEL.test(label), {
    error: (issue) =>
      fault(
        `${shown(issue.input)} is no first label of a name: small letters, digits and inner hyphens, no dots.`,
        HOME_EXAMPLE,
      ),
  })
  .refine((label) => label === undefined || !SERVICES.includes(label), {
    error: (issue) => fault(`${shown(issue.input)} is a name of one of the site's services.`, HOME_EXAMPLE),
  });

/** Who makes the A records: `cloudflare`, or `none` when you do. Not asked for target local. */
export const dns = oneOf("dns", "way to make DNS records", ["cloudflare", "none"]);

/** Cloudflare's zone that the domain lies in; absent: the longest that Cloudflare's token sees and the domain lies in. */
export const dnsZone = optionalText("a zone", "pulumi config set dnsZone example.com").refine(
  (zone) => zone === undefined || (zone.includes(".") && zone.split(".").every((label) => LABEL.test(label))),
  {
    error: (issue) =>
      fault(
        `${shown(issue.input)} is no zone; a zone is a domain as Cloudflare's dashboard lists it.`,
        "pulumi config set dnsZone example.com",
      ),
  },
);

/** Whether Cloudflare stands before the machine (its "orange cloud"): hides the address, takes bodies up to 100 MB. */
export const proxied = yesOrNo("pulumi config set proxied true");

const TLS = ["cloudflare-origin", "letsencrypt", "provided", "private-ca"] as const;

/**
 * Where the certificate comes from; absent: see `tlsOf`. `cloudflare-origin`: Cloudflare's own authority, for a proxied site ·
 * `letsencrypt`: by DNS-01, renewed on the machine · `provided`: `tlsCertificate` and `tlsKey` · `private-ca`: an authority of the stack's own.
 */
export const tls = z
  .enum(["", ...TLS], {
    error: (issue) =>
      fault(
        `${shown(issue.input)} is no way to a certificate this program knows. There are: ${TLS.join(", ")}.`,
        "pulumi config rm tls",
      ),
  })
  .transform((tls) => tls || undefined);

export const SET_TLS_CERTIFICATE = "cat fullchain.pem | pulumi config set tlsCertificate";
export const SET_TLS_KEY = "cat privkey.pem | pulumi config set --secret tlsKey";

function pem(key: "tlsCertificate" | "tlsKey", what: string, form: RegExp) {
  const mend = key === "tlsKey" ? SET_TLS_KEY : SET_TLS_CERTIFICATE;
  return z
    .string({ error: (issue) => fault(`expected ${what} in PEM form, found ${kindOf(issue.input)}.`, mend) })
    .trim()
    .transform((value) => value || undefined)
    .refine((value) => value === undefined || form.test(value), {
      error: fault(`this is not ${what} in PEM form.`, mend),
    })
    .transform((value) => value && `${value}\n`);
}

/** For tls `provided`: certificate chain, PEM, leaf first. */
export const tlsCertificate = pem("tlsCertificate", "a certificate", /^-----BEGIN CERTIFICATE-----/);
/** For tls `provided`: its private key, PEM, without a passphrase. Secret. */
export const tlsKey = pem(
  "tlsKey",
  "a private key without a passphrase",
  /^-----BEGIN (RSA |EC )?PRIVATE KEY-----(?![\s\S]*ENCRYPTED)/,
);

const EMAIL_EXAMPLE = "pulumi config set acmeEmail ann@example.com";

/** For tls `letsencrypt`: address of the account that the certificates belong to. */
export const acmeEmail = optionalText("an address", EMAIL_EXAMPLE).refine(
  (email) => email === undefined || (ADDRESS.test(email.toLowerCase()) && email.length <= LONGEST_ADDRESS),
  { error: (issue) => fault(`${shown(issue.input)} is no address, such as ann@example.com.`, EMAIL_EXAMPLE) },
);

const ACME_EXAMPLE = "pulumi config set acmeServer https://acme-v02.api.letsencrypt.org/directory";

/** For tls `letsencrypt`: ACME directory. */
export const acmeServer = optionalText("an ACME directory", ACME_EXAMPLE).refine(
  (server) => server === undefined || (isHttpsAddress(server) && !server.includes("$")),
  { error: (issue) => fault(`${shown(issue.input)} is no https address of an ACME directory.`, ACME_EXAMPLE) },
);

/** What the two below look at. */
interface Web {
  target: string;
  domain: string;
  dns: "cloudflare" | "none";
  proxied: boolean;
  tls?: (typeof TLS)[number] | undefined;
}

/** Whether Cloudflare stands before the machine. */
export const isProxied = ({ target, dns, proxied }: Web) => target !== "local" && dns === "cloudflare" && proxied;

/** Where the certificate comes from: `tls`, or what suits the rest. */
export function tlsOf(web: Web): (typeof TLS)[number] {
  if (web.tls) return web.tls;
  if (web.target === "local" || web.dns === "none") return "private-ca";
  return isProxied(web) ? "cloudflare-origin" : "letsencrypt";
}
