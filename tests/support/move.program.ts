/** Runs a move like `npm run move`, for a test that kills it. Its argument: JSON, two sites with the paths of their programs. */

import { quoted } from "../../files/release/shellWords.ts";
import { show } from "../../scripts/move/show.ts";
import { move } from "../../scripts/move/steps.ts";

const [from, to] = await Promise.all(
  (JSON.parse(process.argv[2] ?? "") as { stack: string; script: string }[]).map(({ stack, script }) =>
    show({
      stack,
      isHere: true,
      program: { line: (words) => ["sh", script, ...words].map(quoted).join(" ") },
      env: {},
    }),
  ),
);
if (from && to) await move({ from, to });
