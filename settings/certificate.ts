import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

/** Checks of the user's own certificate (tls: provided), before anything is created. */

const day = (date: Date) => date.toISOString().slice(0, 10);

/** All problems of a certificate chain for these host names, as sentences. */
export function whatIsWrongWithCertificate(chain: string, names: string[], now: Date): string[] {
  const certificates = certificatesOf(chain);
  const [leaf, issuer] = certificates ?? [];
  if (!leaf) return ["this certificate chain cannot be read."];
  if (leaf.ca && issuer)
    return ["the chain starts with the certificate of an authority; the site's own must come first."];
  const missing = names.filter((name) => leaf.checkHost(name, { subject: "never" }) === undefined);
  return [
    ...(missing.length > 0
      ? [`the certificate is for ${namesOf(leaf)}, and the site answers to ${missing.join(", ")}, too.`]
      : []),
    ...(leaf.validToDate < now ? [`the certificate expired on ${day(leaf.validToDate)}.`] : []),
    ...(leaf.validFromDate > now ? [`the certificate is not valid before ${day(leaf.validFromDate)}.`] : []),
    ...(issuer && !leaf.checkIssued(issuer)
      ? ["the second certificate of the chain did not sign the first; each one must be followed by its issuer's."]
      : []),
  ];
}

/** Why a private key cannot be used with the first certificate of a chain; undefined if it can. */
export function whatIsWrongWithKey(pem: string, chain: string): string | undefined {
  const key = keyOf(pem);
  if (!key) return "this private key cannot be read; it must not have a passphrase.";
  const leaf = certificatesOf(chain)?.[0];
  return leaf && !leaf.checkPrivateKey(key) ? "the private key belongs to another certificate." : undefined;
}

function certificatesOf(chain: string): X509Certificate[] | undefined {
  try {
    const blocks = chain.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

const namesOf = ({ subjectAltName }: X509Certificate) => subjectAltName?.replaceAll("DNS:", "") || "no name";
