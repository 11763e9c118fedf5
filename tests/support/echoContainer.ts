import assert from "node:assert/strict";
import { run } from "./command.ts";
import type { RunningSite } from "./runningSite.ts";

/** A request as the program behind the door received it; see tests/support/echo.ts. */
export interface Seen {
  url: string;
  headers: Record<string, string>;
  /** The source port of the connection. */
  from: number;
  /** The number of requests for which it has closed the connection. */
  hungUp: number;
}

/**
 * Starts the echo program in place of a service on the network of Jupyter, and returns its container.
 * @param image any image of the site; Node comes from this machine.
 */
export async function startEcho(site: RunningSite, image: string, alias: string, port = 8888): Promise<string> {
  const program = new URL("./echo.ts", import.meta.url).pathname;
  const { code, output } = await run("docker", [
    ...["run", "--detach", "--network", `${site.project}_jupyter`, "--network-alias", alias],
    ...["--volume", `${process.execPath}:/node:ro`, "--volume", `${program}:/echo.ts:ro`, "--entrypoint", "/node"],
    ...[image, "--disable-warning=ExperimentalWarning", "/echo.ts", `${port}`],
  ]);
  assert.equal(code, 0, output);
  return output.trim();
}
