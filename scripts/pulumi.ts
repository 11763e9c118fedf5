/** `npm run pulumi -- ARGUMENTS`: runs any command of the Pulumi CLI in the environment that `npm start` prepared. */

import { main } from "./cli/main.ts";
import { runPulumi } from "./pulumi/command.ts";

await main(() => runPulumi(process.argv.slice(2)));
