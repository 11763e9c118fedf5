import { createSocket } from "node:dgram";
import { connect, createServer } from "node:net";

/** The resolver that Docker gives to every container on a user-defined network. */
const docker = "127.0.0.11";

/** Answers DNS queries on port 53 of an address, over UDP and TCP, by forwarding them to Docker's resolver. */
export function serveDns(address: string): void {
  const udp = createSocket("udp4");
  udp.on("message", (query, asker) => {
    const question = createSocket("udp4");
    const close = () => question.close();
    const timer = setTimeout(close, 10_000);
    question.once("error", () => {});
    question.once("message", (reply) => {
      clearTimeout(timer);
      close();
      udp.send(reply, asker.port, asker.address);
    });
    question.send(query, 53, docker);
  });
  udp.on("error", (error) => console.error(String(error)));
  udp.bind(53, address);

  createServer((client) => {
    const resolver = connect(53, docker);
    client.on("error", () => resolver.destroy()).pipe(resolver);
    resolver.on("error", () => client.destroy()).pipe(client);
  }).listen(53, address);
}
