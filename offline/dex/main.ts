/**
 * A fake Dex 2.45.1 with its password database, for machines that cannot pull its image. It reads the same
 * configuration and serves the same paths.
 *
 *     node main.ts serve [--web-http-addr ADDRESS] FILE
 *     node main.ts version
 *
 * Exits with 2 on a bad configuration, a port in use or a signal, as the real one does.
 */
import { parseArgs } from "node:util";
import { readConfig } from "./config.ts";
import { log } from "./log.ts";
import { startServer } from "./server.ts";

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { "web-http-addr": { type: "string" } },
  });
  const [command, file, ...more] = positionals;
  if (command === "version") {
    console.log("fake Dex v2.45.1");
    return;
  }
  if (command !== "serve" || file === undefined || more.length > 0) {
    throw new Error("usage: main.ts serve [--web-http-addr ADDRESS] FILE");
  }
  log("WARN", "this is a fake Dex, used where its image cannot be pulled");
  const config = readConfig(file, process.env);
  await startServer({ ...config, http: values["web-http-addr"] ?? config.http });
}

// As the first process of a container, Node would otherwise ignore these signals.
for (const [signal, words] of [
  ["SIGTERM", "terminated"],
  ["SIGINT", "interrupt"],
] as const) {
  process.on(signal, () => {
    console.error(`run groups: received signal ${words}`);
    process.exit(2);
  });
}

main().catch((error: unknown) => {
  console.error((error as Error).message);
  process.exit(2);
});
