import { ENCRYPTED, textsIn, UNKNOWN, valueAt } from "../inputs.ts";
import type { ResourceRule } from "../policies.ts";

/** Rules for commands, and for secrets in any input. */

export const hostKeyIsPinned: ResourceRule = {
  name: "host-key-is-pinned",
  description: "A command goes only to the machine whose host key the stack knows.",
  types: /^command:remote:/,
  check({ inputs }) {
    const key = valueAt(inputs, "connection.hostKey");
    return key === UNKNOWN || (typeof key === "string" && key !== "")
      ? []
      : ["connection.hostKey is not set, so another machine could answer. Set it: ssh-keyscan shows it."];
  },
};

export const noSecretInACommandLine: ResourceRule = {
  name: "no-secret-in-a-command-line",
  description:
    "A command line has no secret: Pulumi prints a command that fails, and other users of the machine see it.",
  types: /^command:(remote|local):Command$/,
  hidesEncrypted: true,
  check: ({ inputs }) =>
    ["create", "update", "delete"]
      .filter((key) => inputs[key] === ENCRYPTED)
      .map((key) => `${key} contains a secret. Pass it in stdin.`),
};

/** What a secret looks like, whatever the input is called. */
const SECRET_TEXT = /-----BEGIN ([A-Z]+ )*PRIVATE KEY-----|"private_key"\s*:|\bjup_[A-Za-z0-9]{43}\b/;
/** Last words of names of inputs that hold secrets: `privateKeyPem`, `CLOUDFLARE_API_TOKEN`, `BACKUP_KEY`. */
const SECRET_NAME = /(password|secret|token|credentials|private_?key(_?pem)?|_key)$/i;

export const secretsAreEncrypted: ResourceRule = {
  name: "secrets-are-encrypted",
  description: "No secret is readable in the state or a preview.",
  types: /./,
  hidesEncrypted: true,
  check: ({ inputs }) =>
    [...textsIn(inputs)]
      .filter(([path, text]) => text !== "" && (SECRET_TEXT.test(text) || SECRET_NAME.test(path.at(-1) ?? "")))
      .map(([path]) => `${path.join(".")} is not encrypted. Pass it as pulumi.secret(), and set it with --secret.`),
};
