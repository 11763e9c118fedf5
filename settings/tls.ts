import { z } from "zod";
import { ADDRESS, LONGEST_ADDRESS } from "./allow.ts";
import { isProxied, type Reached } from "./dns.ts";
import { isHttpsAddress } from "./domain.ts";
import { format, kindOf, optionalText, withFix } from "./issues.ts";
import type { Sensitive } from "./sensitive.ts";

/** Source of the site's certificate. */
export type Tls =
  /** Cloudflare's origin authority, for a proxied site. */
  | { mode: "cloudflare-origin" }
  /** Let's Encrypt or another ACME server, by DNS-01; renewed on the machine. */
  | {
      mode: "letsencrypt";
      /** E-mail address of the ACME account. */
      email: string;
      /** ACME directory; undefined: Let's Encrypt's. */
      server: string | undefined;
    }
  /** The user's own certificate: chain and key, PEM. Either may be encrypted in the config. */
  | { mode: "provided"; certificate: Sensitive<string>; key: Sensitive<string> }
  /** A private authority, created by the stack. */
  | { mode: "private-ca" };

const TLS = ["cloudflare-origin", "letsencrypt", "provided", "private-ca"] as const;

/** Source of the certificate, see `Tls`; absent: see `tlsMode`. */
export const tls = z
  .enum(["", ...TLS], {
    error: (issue) =>
      withFix(
        `${format(issue.input)} is not a supported source of certificates. Use one of: ${TLS.join(", ")}.`,
        "pulumi config rm tls",
      ),
  })
  .transform((tls) => tls || undefined);

export const SET_TLS_CERTIFICATE = "cat fullchain.pem | pulumi config set tlsCertificate";
export const SET_TLS_KEY = "cat privkey.pem | pulumi config set --secret tlsKey";

function pem(key: "tlsCertificate" | "tlsKey", what: string, form: RegExp) {
  const fix = key === "tlsKey" ? SET_TLS_KEY : SET_TLS_CERTIFICATE;
  return z
    .string({ error: (issue) => withFix(`expected ${what} in PEM form, found ${kindOf(issue.input)}.`, fix) })
    .trim()
    .transform((value) => value || undefined)
    .refine((value) => value === undefined || form.test(value), {
      error: withFix(`this is not ${what} in PEM form.`, fix),
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

/** For tls `letsencrypt`: e-mail address of the ACME account. */
export const acmeEmail = optionalText("an address", EMAIL_EXAMPLE).refine(
  (email) => email === undefined || (ADDRESS.test(email.toLowerCase()) && email.length <= LONGEST_ADDRESS),
  { error: (issue) => withFix(`${format(issue.input)} is not an address, such as ann@example.com.`, EMAIL_EXAMPLE) },
);

const ACME_EXAMPLE = "pulumi config set acmeServer https://acme-v02.api.letsencrypt.org/directory";

/** For tls `letsencrypt`: URL of the ACME directory. */
export const acmeServer = optionalText("an ACME directory", ACME_EXAMPLE).refine(
  (server) => server === undefined || (isHttpsAddress(server) && !server.includes("$")),
  { error: (issue) => withFix(`${format(issue.input)} is not an https address of an ACME directory.`, ACME_EXAMPLE) },
);

/** Source of the certificate: the setting `tls`, or a default that suits target and DNS. */
export function tlsMode({ tls, ...reached }: Reached & { tls?: Tls["mode"] | undefined }): Tls["mode"] {
  if (tls) return tls;
  if (reached.target === "local" || reached.dns === "none") return "private-ca";
  return isProxied(reached) ? "cloudflare-origin" : "letsencrypt";
}
