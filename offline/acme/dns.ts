import { createSocket, type Socket } from "node:dgram";
import { createServer, type Server } from "node:net";
import type { Zone } from "./zone.ts";

const TXT = 16;
const SOA = 6;
const NO_SUCH_NAME = 3;

/** Answers DNS queries for a zone over UDP and TCP on the same port. */
export function zoneDns(zone: Zone): { udp: Socket; tcp: Server } {
  const udp = createSocket("udp4");
  udp.on("message", (query, { port, address }) => udp.send(reply(zone, query), port, address));
  const tcp = createServer((client) => {
    let received = Buffer.alloc(0);
    client.on("error", () => client.destroy());
    client.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      // Over TCP, two bytes of length precede each message.
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const message = reply(zone, received.subarray(2, end));
        client.write(Buffer.concat([uint16(message.length), message]));
        received = received.subarray(end);
      }
    });
  });
  return { udp, tcp };
}

function reply(zone: Zone, query: Buffer): Buffer {
  const { labels, type, end } = question(query);
  const name = labels.join(".").toLowerCase();
  const texts = type === TXT ? zone.textsAt(name).map((text) => record(TXT, characterString(text))) : [];
  const answers = type === SOA && name === zone.name ? [record(SOA, startOfAuthority())] : texts;
  const exists = zone.holds(name) && (name === zone.name || zone.textsAt(name).length > 0);
  // An authoritative response; recursion is available if it was requested.
  const flags = 0x8480 | (query.readUInt16BE(2) & 0x0100) | (exists ? 0 : NO_SUCH_NAME);
  const counts = [1, answers.length, 0, 0].map(uint16);
  return Buffer.concat([query.subarray(0, 2), uint16(flags), ...counts, query.subarray(12, end), ...answers]);
}

function question(query: Buffer): { labels: string[]; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { labels, type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** A record for the name in the question, which starts at byte 12. TTL 0. */
function record(type: number, data: Buffer): Buffer {
  return Buffer.concat([uint16(0xc00c), uint16(type), uint16(1), Buffer.alloc(4), uint16(data.length), data]);
}

function startOfAuthority(): Buffer {
  const name = Buffer.concat([characterString("ns"), uint16(0xc00c)]);
  return Buffer.concat([name, name, ...[1, 3600, 600, 86400, 0].map(uint32)]);
}

const characterString = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, "latin1")]);

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
