import { createHash, type KeyObject } from "node:crypto";
import { diffInputs } from "../../diff.ts";
import type { Change, CheckFailure, Operation, Properties, ResourceType } from "../../resource.ts";
import { isAtLeast, isOneOf } from "./checks.ts";
import { sequence } from "./der.ts";
import { publicKeyInfo, readPrivateKey, subjectKeyIdentifier } from "./keys.ts";
import { type AlternativeNames, alternativeNames, distinguishedName, type Subject } from "./names.ts";
import {
  type AllowedUse,
  allowedUseNames,
  type CertificateContent,
  createCertificate,
  createRequest,
  readAuthority,
  readRequest,
} from "./x509.ts";

type CertificateInputs = {
  allowedUses: AllowedUse[];
  validityPeriodHours: number;
  /** Default: 0. */
  earlyRenewalHours?: number;
  isCaCertificate?: boolean;
  maxPathLength?: number;
  setSubjectKeyId?: boolean;
};

type CertificateOutputs = {
  certPem: string;
  readyForRenewal: boolean;
  /** RFC 3339. */
  validityStartTime: string;
  validityEndTime: string;
};

type SelfSignedCertInputs = CertificateInputs &
  AlternativeNames & { privateKeyPem: string; subject?: Subject; setAuthorityKeyId?: boolean };

/** `tls:index/selfSignedCert:SelfSignedCert` */
export const selfSignedCert = certificateResource<SelfSignedCertInputs, { keyAlgorithm: string }>({
  outputs: ["keyAlgorithm"],
  replaceOnChanges: ["privateKeyPem", "subject", "dnsNames", "ipAddresses", "uris", "setAuthorityKeyId"],
  defaults: { setAuthorityKeyId: false },
  issue(inputs) {
    const { key, algorithm } = readPrivateKey(inputs.privateKeyPem);
    const subject = distinguishedName(inputs.subject);
    const subjectKeyId = chosenSubjectKeyId(inputs, key);
    if (inputs.setAuthorityKeyId && subjectKeyId === undefined) {
      throw new Error("Invalid Certificate Authority: Could not determine Authority Key Identifier");
    }
    return {
      issuerKey: key,
      names: {
        subject,
        issuer: subject,
        publicKeyInfo: publicKeyInfo(key),
        subjectKeyId,
        authorityKeyId: inputs.setAuthorityKeyId ? subjectKeyId : undefined,
        alternativeNames: alternativeNames(inputs),
      },
      outputs: { keyAlgorithm: algorithm },
    };
  },
});

type LocallySignedCertInputs = CertificateInputs & {
  caCertPem: string;
  caPrivateKeyPem: string;
  certRequestPem: string;
};

/** `tls:index/locallySignedCert:LocallySignedCert` */
export const locallySignedCert = certificateResource<LocallySignedCertInputs, { caKeyAlgorithm: string }>({
  outputs: ["caKeyAlgorithm"],
  replaceOnChanges: ["caCertPem", "caPrivateKeyPem", "certRequestPem"],
  defaults: {},
  issue(inputs, operation) {
    const request = readRequest(inputs.certRequestPem);
    const { key, algorithm } = readPrivateKey(inputs.caPrivateKeyPem);
    const authority = readAuthority(inputs.caCertPem);
    if (!authority.certificate.checkPrivateKey(key)) {
      throw new Error("Failed to create certificate: x509: provided PrivateKey doesn't match parent's PublicKey");
    }
    if (!authority.certificate.ca) {
      operation.log(
        "warning",
        "Certificate provided as Authority does not appear to be a valid Certificate Authority. The resulting certificate might fail certificate validation.",
      );
    }
    return {
      issuerKey: key,
      names: {
        subject: request.subject,
        issuer: authority.subject,
        publicKeyInfo: request.publicKeyInfo,
        subjectKeyId: chosenSubjectKeyId(inputs, request.publicKey),
        authorityKeyId: authority.subjectKeyId,
        alternativeNames: request.alternativeNames,
      },
      outputs: { caKeyAlgorithm: algorithm },
    };
  },
});

function chosenSubjectKeyId(inputs: CertificateInputs, key: KeyObject): Buffer | undefined {
  return inputs.isCaCertificate || inputs.setSubjectKeyId ? subjectKeyIdentifier(key) : undefined;
}

type CertRequestInputs = AlternativeNames & { privateKeyPem: string; subject?: Subject };

/** `tls:index/certRequest:CertRequest` */
export const certRequest: ResourceType<CertRequestInputs, { certRequestPem: string; keyAlgorithm: string }> = {
  outputs: ["certRequestPem", "keyAlgorithm"],
  replaceOnChanges: ["privateKeyPem", "subject", "dnsNames", "ipAddresses", "uris"],
  create(inputs) {
    const { key, algorithm } = readPrivateKey(inputs.privateKeyPem);
    const { pem, der } = createRequest(distinguishedName(inputs.subject), alternativeNames(inputs), key);
    const id = createHash("sha1").update(der).digest("hex");
    return { id, outputs: { certRequestPem: pem, keyAlgorithm: algorithm } };
  },
};

/** The subject and the issuer of a certificate: the difference between the two kinds. */
interface Issue<Outputs> {
  readonly issuerKey: KeyObject;
  readonly names: Pick<
    CertificateContent,
    "subject" | "issuer" | "publicKeyInfo" | "subjectKeyId" | "authorityKeyId" | "alternativeNames"
  >;
  readonly outputs: Outputs;
}

/**
 * A certificate. Once its early renewal is due, the next `up` replaces it. Another `earlyRenewalHours` alone keeps the
 * certificate; every other change replaces it.
 */
function certificateResource<Inputs extends CertificateInputs & Properties, Outputs extends Properties>(type: {
  readonly outputs: readonly (keyof Outputs & string)[];
  readonly replaceOnChanges: readonly (keyof Inputs & string)[];
  readonly defaults: Partial<Inputs>;
  issue(inputs: Inputs, operation: Operation): Issue<Outputs>;
}): ResourceType<Inputs, CertificateOutputs & Outputs> {
  const outputs = ["certPem", "readyForRenewal", "validityEndTime", "validityStartTime", ...type.outputs] as const;
  const replaceOnChanges = [
    ...(["allowedUses", "validityPeriodHours", "isCaCertificate", "maxPathLength", "setSubjectKeyId"] as const),
    ...type.replaceOnChanges,
  ];

  return {
    outputs,
    replaceOnChanges,

    normalize: (inputs) => ({
      earlyRenewalHours: 0,
      isCaCertificate: false,
      setSubjectKeyId: false,
      ...type.defaults,
      ...inputs,
    }),

    check: ({ allowedUses, validityPeriodHours, earlyRenewalHours }): CheckFailure[] => [
      ...[allowedUses].flat().flatMap((use) => isOneOf("allowedUses", use, allowedUseNames)),
      ...isAtLeast("validityPeriodHours", validityPeriodHours, 0),
      ...isAtLeast("earlyRenewalHours", earlyRenewalHours, 0),
    ],

    diff(state, inputs) {
      const { changes } = diffInputs(state.inputs, inputs, replaceOnChanges);
      const renewal: Change = { path: "readyForRenewal", kind: "update", replace: true, inputDiff: false };
      return { changes: isDue(state.outputs.validityEndTime, inputs) ? [...changes, renewal] : changes };
    },

    create(inputs, operation) {
      const { issuerKey, names, outputs } = type.issue(inputs, operation);
      if (inputs.isCaCertificate && names.subject.equals(sequence())) {
        throw new Error(
          "Invalid Certificate Subject: Must contain at least one Distinguished Name when creating Certificate Authority (CA)",
        );
      }
      const notBefore = new Date();
      const notAfter = new Date(notBefore.getTime() + inputs.validityPeriodHours * millisecondsPerHour);
      const { pem, serial } = createCertificate(
        {
          ...names,
          notBefore,
          notAfter,
          allowedUses: inputs.allowedUses,
          isCa: inputs.isCaCertificate ?? false,
          maxPathLength: effectivePathLength(inputs),
        },
        issuerKey,
      );
      return {
        id: serial.toString(),
        outputs: {
          ...outputs,
          certPem: pem,
          readyForRenewal: isDue(notAfter.toISOString(), inputs),
          validityStartTime: notBefore.toISOString(),
          validityEndTime: notAfter.toISOString(),
        },
      };
    },

    read: (state) => ({
      ...state.outputs,
      readyForRenewal: state.outputs.readyForRenewal || isDue(state.outputs.validityEndTime, state.inputs),
    }),
  };
}

const millisecondsPerHour = 3_600_000;

/** Whether early renewal is due. */
function isDue(validityEndTime: string, { earlyRenewalHours = 0 }: CertificateInputs): boolean {
  return Date.parse(validityEndTime) - earlyRenewalHours * millisecondsPerHour <= Date.now();
}

/** The real provider is written in Go, which treats 0 as "not set", so a length of 0 is impossible. */
function effectivePathLength({ isCaCertificate, maxPathLength = 0 }: CertificateInputs): number | undefined {
  return isCaCertificate && maxPathLength > 0 ? maxPathLength : undefined;
}
