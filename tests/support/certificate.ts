import { generateKeyPairSync } from "node:crypto";
import { publicKeyInfo } from "../../offline/providers/packages/tls/keys.ts";
import { alternativeNames, distinguishedName } from "../../offline/providers/packages/tls/names.ts";
import { createCertificate } from "../../offline/providers/packages/tls/x509.ts";

/** A real certificate of these names and addresses, for a day, and its key. */
export function selfSigned(
  dnsNames: string[],
  ipAddresses: string[] = [],
): { certificate: string; certificateKey: string } {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = distinguishedName({ organization: "jupyter-up tests" });
  const { pem } = createCertificate(
    {
      subject,
      issuer: subject,
      publicKeyInfo: publicKeyInfo(privateKey),
      notBefore: new Date(),
      notAfter: new Date(Date.now() + 24 * 3600 * 1000),
      allowedUses: ["digital_signature", "server_auth"],
      isCa: false,
      alternativeNames: alternativeNames({ dnsNames, ipAddresses }),
    },
    privateKey,
  );
  return { certificate: pem, certificateKey: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

/** An authority, a client certificate that it signed, and its key: what Cloudflare shows, and how nginx knows it. */
export function clientCertificate(): { clientAuthority: string; clientCertificate: string; clientKey: string } {
  const ca = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const client = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const issuer = distinguishedName({ commonName: "jupyter-up tests: clients" });
  const period = { notBefore: new Date(), notAfter: new Date(Date.now() + 24 * 3600 * 1000) };
  const authority = createCertificate(
    {
      ...{ subject: issuer, issuer, publicKeyInfo: publicKeyInfo(ca), isCa: true },
      ...period,
      allowedUses: ["cert_signing", "crl_signing"],
    },
    ca,
  );
  const signed = createCertificate(
    {
      ...{
        subject: distinguishedName({ commonName: "client" }),
        issuer,
        publicKeyInfo: publicKeyInfo(client),
        isCa: false,
      },
      ...period,
      allowedUses: ["digital_signature", "client_auth"],
    },
    ca,
  );
  const clientKey = client.export({ type: "pkcs8", format: "pem" }).toString();
  return { clientAuthority: authority.pem, clientCertificate: signed.pem, clientKey };
}
