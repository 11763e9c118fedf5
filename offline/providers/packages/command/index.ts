import type { ProviderPackage } from "../../resource.ts";
import { localCommand } from "./local.ts";
import { remoteCommand } from "./remote.ts";

export default {
  name: "command",
  version: "1.2.1",
  wholeSecondTimeouts: true,
  resources: {
    "command:local:Command": localCommand,
    "command:remote:Command": remoteCommand,
  },
} satisfies ProviderPackage;
