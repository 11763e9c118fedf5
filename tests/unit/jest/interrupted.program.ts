/** Runs turns.program.ts, and handles Ctrl-C as `npm test` does. */

import { interrupted } from "../../../scripts/cli/interruption.ts";
import { main } from "../../../scripts/cli/main.ts";

await main(async () => {
  await import("./turns.program.ts");
  interrupted.throwIfAborted();
  return 0;
});
