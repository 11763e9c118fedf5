/** Runs a step like a script; the first argument selects how it ends. For step.test.ts. */

import { attempt } from "../../../scripts/cli/command.ts";
import { main } from "../../../scripts/cli/main.ts";
import { PlainError } from "../../../scripts/cli/plainError.ts";
import { step } from "../../../scripts/cli/step.ts";

const [ending] = process.argv.slice(2);

await main(async () => {
  await step(
    "Making ready what the site needs before it can be started",
    async (say, keep) => {
      keep("jupyter: two packages are still being installed, beside the running server");
      say("this line is shown while the step runs: the images are pulled");
      // Longer than half a second, after which a step shows its time.
      await attempt("sleep", [ending === "waits" ? "60" : "0.7"]);
      if (ending === "loses its command") await attempt("sh", ["-c", "kill -INT $$"]);
      if (ending === "fails") {
        throw new PlainError(
          "There is no room.",
          "Make some: docker image prune --all --force --filter until=240h --filter label!=keep && npm start",
        );
      }
    },
    () => "The site is ready",
  );
  process.stdout.write("\n  Open: https://jupyter.with-a-long-name.lab.example.com:8443/lab/tree\n");
  return 0;
});
