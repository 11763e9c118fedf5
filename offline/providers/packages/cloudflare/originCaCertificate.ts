import { deleteRecord, readRecord, writeRecord } from "../../../cloud/records.ts";
import { type CheckFailure, type ResourceType, UNKNOWN } from "../../resource.ts";
import { isOneOf } from "../tls/checks.ts";
import { readRequest } from "../tls/x509.ts";
import { ask, Refusal } from "./api.ts";
import { authority, sign } from "./authorities.ts";
import { isIn, readZones, type Zone } from "./zones.ts";

type OriginCertificateInputs = {
  /** A certificate request, as PEM. */
  csr: string;
  /** Names of the account's zones, or wildcards of one level. */
  hostnames: string[];
  /** Which authority signs: the RSA one or the ECDSA one. */
  requestType: "origin-rsa" | "origin-ecc";
  /** Days. Default: 5475. */
  requestedValidity?: number;
};

type OriginCertificateOutputs = { certificate: string; expiresOn: string };

type Kept = OriginCertificateInputs & OriginCertificateOutputs;

const validities = [7, 30, 90, 365, 730, 1095, 5475];
const type = "cloudflare:index/originCaCertificate:OriginCaCertificate";
const pathOf = (id: string) => `certificates/${id}`;

/**
 * `cloudflare:index/originCaCertificate:OriginCaCertificate`
 *
 * Host names are a list: Create keeps the given order, Read returns the API's, and another order replaces the
 * certificate. Checked in November 2026 against Cloudflare's Terraform provider 5.22 (`origin_ca_certificate`) and its
 * issues 5392 and 6239. The API's order is unknown; here it is the reverse of the sorted one, so that no program relies
 * on any.
 */
export const originCaCertificate: ResourceType<OriginCertificateInputs, OriginCertificateOutputs> = {
  outputs: ["certificate", "expiresOn"],
  replaceOnChanges: ["csr", "hostnames", "requestType", "requestedValidity"],

  normalize: (inputs) => ({ requestedValidity: 5475, ...inputs }),

  check: ({ requestType, requestedValidity = 5475 }): CheckFailure[] => [
    ...isOneOf("requestType", requestType, ["origin-rsa", "origin-ecc"]),
    ...(validities.includes(requestedValidity) || (requestedValidity as unknown) === UNKNOWN
      ? []
      : [
          {
            property: "requestedValidity",
            reason: `Attribute requested_validity value must be one of: [${validities.join(" ")}], got: ${requestedValidity}`,
          },
        ]),
  ],

  create(inputs, operation) {
    const { csr, hostnames, requestType, requestedValidity = 5475 } = inputs;
    return ask(operation, { method: "POST", path: "/certificates" }, async (cloud) => {
      const zones = await readZones(cloud);
      for (const hostname of hostnames) requireHostname(hostname, zones);
      const { pem, serial, notAfter } = sign(await authority(cloud, requestType), {
        subject: {
          organization: "CloudFlare, Inc.",
          organizationalUnit: "CloudFlare Origin CA",
          commonName: "CloudFlare Origin Certificate",
        },
        publicKeyInfo: publicKeyOf(csr),
        names: hostnames,
        days: requestedValidity,
        uses: ["digital_signature", "key_encipherment", "server_auth", "client_auth"],
      });
      const id = serial.toString();
      const outputs = { certificate: pem, expiresOn: asApiTime(notAfter) };
      await writeRecord(cloud, { path: pathOf(id), type, uses: [], properties: { ...inputs, ...outputs } });
      return { id, outputs };
    });
  },

  delete({ id }, operation) {
    return ask(operation, { method: "DELETE", path: `/certificates/${id}` }, async (cloud) => {
      if ((await readRecord(cloud, pathOf(id))) === undefined) throw notFound();
      await deleteRecord(cloud, pathOf(id));
    });
  },

  read({ id }, operation) {
    return ask(operation, { method: "GET", path: `/certificates/${id}` }, async (cloud) => {
      const found = (await readRecord<Kept>(cloud, pathOf(id)))?.properties;
      return found && { ...found, hostnames: found.hostnames.toSorted().reverse() };
    });
  },
};

function requireHostname(hostname: string, zones: readonly Zone[]): void {
  const name = hostname.replace(/^\*\./, "");
  const isGranted = zones.some((zone) => zone.status === "active" && isIn(zone, name)) && !name.includes("*");
  if (isGranted) return;
  const message = `Failed to validate requested hostname ${hostname}: This zone is either not part of your account, or you do not have access to it. Please contact support if using a multi-user organization.`;
  throw new Refusal(400, { code: 1010, message });
}

function publicKeyOf(csr: string): Buffer {
  try {
    return readRequest(csr).publicKeyInfo;
  } catch {
    throw new Refusal(400, { code: 1004, message: "Failed to parse the CSR" });
  }
}

const notFound = () => new Refusal(404, { code: 1101, message: "Failed to read certificate from Database" });

/** `2041-11-20 04:10:00 +0000 UTC` */
function asApiTime(time: Date): string {
  return time
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " +0000 UTC");
}
