/**
 * A DNS resolver that answers every name with one address, and a server at that address that poses as Vouch, Jupyter and Dex.
 * Run as a container in the host's network, because resolvers are queried on port 53.
 *
 *     node fakeHost.ts ADDRESS
 *
 * Prints a line for each queried name.
 */
import { createSocket } from "node:dgram";
import { createServer } from "node:http";

const address = process.argv[2] ?? "";

const udp = createSocket("udp4");
udp.on("message", (query, { port, address: asker }) => {
  const labels: string[] = [];
  let at = 12;
  while (query[at]) {
    const length = query[at] ?? 0;
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const question = query.subarray(12, at + 5);
  const isAddress = query.readUInt16BE(at + 1) === 1;
  console.log(`asked for ${labels.join(".")}`);
  const header = Buffer.from([...query.subarray(0, 2), 0x81, 0x80, 0, 1, 0, isAddress ? 1 : 0, 0, 0, 0, 0]);
  const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)]);
  udp.send(Buffer.concat([header, question, ...(isAddress ? [answer] : [])]), port, asker);
});
udp.bind(53, address, () => console.log("ready"));

const person = { sub: "ann", email: "ann@example.com", email_verified: true };
for (const port of [9090, 8888, 5556])
  createServer((request, response) => {
    response.setHeader("X-Vouch-IdP-Claims-Email", person.email);
    response.setHeader("X-Vouch-IdP-Claims-Email-Verified", "true");
    response.setHeader("Content-Type", "application/json");
    const token = { access_token: "x", token_type: "bearer", expires_in: 3600 };
    response.end(JSON.stringify(request.url?.startsWith("/token") ? token : person));
  }).listen(port, address);
