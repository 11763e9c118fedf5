/** A certificate's subject and its alternative names. */

import { isIP } from "node:net";
import { ia5String, objectIdentifier, sequence, setOf, tagged, text } from "./der.ts";

export type Subject = {
  commonName?: string;
  country?: string;
  emailAddress?: string;
  locality?: string;
  organization?: string;
  organizationalUnit?: string;
  postalCode?: string;
  province?: string;
  serialNumber?: string;
  streetAddresses?: string[];
};

export type AlternativeNames = { dnsNames?: string[]; ipAddresses?: string[]; uris?: string[] };

/** A distinguished name, in DER; its parts in the order in which Go writes them. */
export function distinguishedName(subject: Subject = {}): Buffer {
  const part = (type: string, values: Buffer[]) =>
    values.length === 0 ? [] : [setOf(...values.map((value) => sequence(objectIdentifier(type), value)))];
  const texts = (value: string | string[] | undefined) => [value ?? []].flat().map(text);
  return sequence(
    ...part("2.5.4.6", texts(subject.country)),
    ...part("2.5.4.10", texts(subject.organization)),
    ...part("2.5.4.11", texts(subject.organizationalUnit)),
    ...part("2.5.4.7", texts(subject.locality)),
    ...part("2.5.4.8", texts(subject.province)),
    ...part("2.5.4.9", texts(subject.streetAddresses)),
    ...part("2.5.4.17", texts(subject.postalCode)),
    ...part("2.5.4.3", texts(subject.commonName)),
    ...part("2.5.4.5", texts(subject.serialNumber)),
    ...part("1.2.840.113549.1.9.1", subject.emailAddress === undefined ? [] : [ia5String(subject.emailAddress)]),
  );
}

/** GeneralNames, in DER; undefined if there are none. Throws for an invalid address. */
export function alternativeNames({ dnsNames = [], ipAddresses = [], uris = [] }: AlternativeNames): Buffer | undefined {
  const names = [
    ...dnsNames.map((name) => tagged(2, "implicit", Buffer.from(name, "ascii"))),
    ...ipAddresses.map((address) => tagged(7, "implicit", addressBytes(address))),
    ...uris.map((uri) => tagged(6, "implicit", Buffer.from(uri, "ascii"))),
  ];
  return names.length === 0 ? undefined : sequence(...names);
}

/** 4 or 16 bytes. */
function addressBytes(address: string): Buffer {
  switch (isIP(address)) {
    case 4:
      return Buffer.from(address.split(".").map(Number));
    case 6: {
      // The URL parser writes every IPv6 address in one form: hexadecimal groups, at most one "::".
      const [front = [], back = []] = new URL(`http://[${address}]`).hostname
        .slice(1, -1)
        .split("::")
        .map((half) => half.split(":").filter((group) => group !== ""));
      const zeros = Array.from({ length: 8 - front.length - back.length }, () => "0");
      return Buffer.from([...front, ...zeros, ...back].map((group) => group.padStart(4, "0")).join(""), "hex");
    }
    default:
      throw new Error(`Invalid IP address: Failed to parse "${address}"`);
  }
}
