import { type Issue, withFix } from "./issues.ts";
import { partOf } from "./read.ts";
import { SET_CLIENT_SECRET } from "./signIn.ts";
import { SET_PRIVATE_KEY } from "./target/ssh.ts";
import { SET_TLS_KEY } from "./tls.ts";

/**
 * Secrets that stand in the stack's config for everybody to read, and so in its repository and history, too.
 * @param config raw values by setting: they are said together with what is wrong.
 * @param isSecret whether Pulumi keeps a setting encrypted; it knows of whole settings only, not of their parts.
 */
export function plainSecrets(
  { signIn, ssh, tlsKey, apps }: Record<string, unknown>,
  isSecret: (setting: string) => boolean,
): Issue[] {
  const secrets: [value: unknown, key: string, fix: string][] = [
    [partOf(signIn, "clientSecret"), "signIn.clientSecret", SET_CLIENT_SECRET],
    ...(Array.isArray(apps) ? apps : []).flatMap((app, index) => {
      const given = partOf(app, "secrets");
      const names = typeof given === "object" && given !== null ? Object.keys(given) : [];
      return names.map((name): [unknown, string, string] => {
        const key = `apps[${index}].secrets.${name}`;
        return [partOf(given, name), key, `pulumi config set --secret --path '${key}'`];
      });
    }),
    [partOf(ssh, "privateKey"), "ssh.privateKey", SET_PRIVATE_KEY],
    [tlsKey, "tlsKey", SET_TLS_KEY],
  ];
  return secrets
    .filter(([value, key]) => Boolean(value) && !isSecret(key.replace(/[.[].*/, "")))
    .map(([, key, fix]) => ({
      key,
      message: withFix(
        "this is secret, and stands in the stack's config for everybody to read. Set it encrypted:",
        fix,
      ),
    }));
}

/** Settings that may be encrypted: they have secrets in them, or end up among the secret files as a whole. */
const SECRET = ["signIn", "apps", "ssh", "tlsCertificate", "tlsKey"];

/** Settings that are encrypted, and would lie open all the same in generated files, in the state and in previews. */
export function needlesslyEncrypted(
  config: Record<string, unknown>,
  isEncrypted: (setting: string) => boolean,
): Issue[] {
  return Object.entries(config).flatMap(([key, value]) =>
    isEncrypted(key) && !SECRET.includes(key)
      ? [
          {
            key,
            message: withFix(
              `this is encrypted, and would stand in readable files, in the stack's state and in previews all the same. Of the settings, only ${SECRET.join(", ")} can be kept secret. Have it in plain text:`,
              decrypt(key, value),
            ),
          },
        ]
      : [],
  );
}

/** The value stays out of the terminal. A list is decrypted entry by entry: as a whole it would become a text. */
function decrypt(key: string, value: unknown): string {
  if (!Array.isArray(value)) return `pulumi config get ${key} | pulumi config set --plaintext ${key}`;
  const entry = `--path '${key}['$i']'`;
  return `for i in ${[...value.keys()].join(" ")}; do pulumi config get ${entry} | pulumi config set --plaintext ${entry}; done`;
}
