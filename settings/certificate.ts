import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

/** A certificate of the user's own (tls: provided), looked at before anything is made. */

const day = (date: Date) => date.toISOString().slice(0, 10);

/** Everything that is wrong with a certificate chain for these names. */
export function whatIsWrongWithCertificate(chain: string, names: string[], now: Date): string[] {
  const certificates = certificatesOf(chain);
  const [leaf, issuer] = certificates ?? [];
  if (!leaf) return ["this is no certificate chain that can be read."];
  if (leaf.ca && issuer)
    return ["the first certificate of the chain is an authority's; the site's own has to come first."];
  const missing = names.filter((name) => leaf.checkHost(name, { subject: "never" }) === undefined);
  return [
    ...(missing.length > 0
      ? [`the certificate is for ${namesOf(leaf)}, and the site answers to ${missing.join(", ")}, too.`]
      : []),
    ...(leaf.validToDate < now ? [`the certificate ended on ${day(leaf.validToDate)}.`] : []),
    ...(leaf.validFromDate > now ? [`the certificate begins only on ${day(leaf.validFromDate)}.`] : []),
    ...(issuer && !leaf.checkIssued(issuer)
      ? ["the second certificate of the chain did not sign the first; each has to be followed by its signer's."]
      : []),
  ];
}

/** Why a private key cannot be used with the first certificate of a chain; undefined when it can. */
export function whatIsWrongWithKey(pem: string, chain: string): string | undefined {
  const key = keyOf(pem);
  if (!key) return "this is no private key that can be read; it must have no passphrase.";
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

const namesOf = ({ subjectAltName }: X509Certificate) => subjectAltName?.replaceAll("DNS:", "") || "no name at all";
