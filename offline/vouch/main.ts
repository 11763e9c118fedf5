/**
 * A fake Vouch Proxy 0.45.1, for machines that cannot pull its image. It reads the same `config.yml` and follows the
 * contract in `contract.json`, including Vouch's bugs.
 *
 *     node main.ts [-config FILE] [-port NUMBER] [-loglevel LEVEL] [-healthcheck] [-version]
 *
 * Exits with 1 on a bad configuration or a port in use, with 2 where the real one ends in a Go panic.
 */
import { parseArgs } from "node:util";
import { readConfig } from "./config.ts";
import { isHealthy } from "./healthcheck.ts";
import { Log } from "./log.ts";
import { GoPanic } from "./panic.ts";
import { checkRules } from "./rules.ts";
import { startServer } from "./server.ts";

/** The command line, with one dash as Go writes it or with two. */
function readFlags() {
  const args = process.argv.slice(2).map((arg) => arg.replace(/^-(?=[a-z])/, "--"));
  try {
    return parseArgs({
      args,
      options: {
        config: { type: "string" },
        port: { type: "string" },
        loglevel: { type: "string" },
        healthcheck: { type: "boolean" },
        version: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

async function main(): Promise<void> {
  const flags = readFlags();
  if (flags.version) {
    console.log("fake Vouch Proxy v0.45.1");
    return;
  }
  const log = new Log();
  const config = readConfig(flags, process.env, log);
  if (flags.healthcheck) process.exit((await isHealthy(config.vouch)) ? 0 : 1);
  checkRules(config, log);
  await startServer(config, log);
}

// As the first process of a container, Node would otherwise ignore these signals.
process.on("SIGTERM", () => process.exit(143));
process.on("SIGINT", () => process.exit(130));
process.on("SIGHUP", () => process.exit(129));

main().catch((error: unknown) => {
  const { name, message } = error as Error;
  if (error instanceof GoPanic) console.error(`panic: ${message}`);
  else console.log(JSON.stringify({ level: "fatal", ts: Date.now() / 1000, msg: message, error: name }));
  process.exit(error instanceof GoPanic ? 2 : 1);
});
