import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Ports that no system gives to a program that asks for any port, or to a connection: a program that starts later cannot take one of them. */
const [FIRST, END] = [15_000, 30_000];

/** A TCP port of this machine on which no program listens at the moment. */
export async function freePort(address = "127.0.0.1"): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = randomInt(FIRST, END);
    const probe = createServer().listen(port, address);
    try {
      await once(probe, "listening");
      probe.close();
      await once(probe, "close");
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || tries === 20) throw error;
    }
  }
}
