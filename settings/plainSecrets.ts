import { BACKUP_SECRETS, setBackupSecret } from "./backup.ts";
import { SET_KUBECONFIG } from "./cluster.ts";
import { type Issue, withFix } from "./issues.ts";
import { partOf } from "./read.ts";
import { SET_CLIENT_SECRET } from "./signIn.ts";
import { SET_PRIVATE_KEY } from "./target/ssh.ts";
import { SET_TLS_KEY } from "./tls.ts";

/**
 * Issues of secrets in plain text in the stack's config, and therefore in its repository and history.
 * @param config raw values by setting: secrets are checked even if a setting is wrong.
 * @param isSecret whether Pulumi keeps any part of a setting encrypted; it does not tell which part.
 */
export function plainSecrets(
  { signIn, ssh, tlsKey, apps, backup, cluster }: Record<string, unknown>,
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
    [partOf(cluster, "kubeconfig"), "cluster.kubeconfig", SET_KUBECONFIG],
    ...BACKUP_SECRETS.map((part): [unknown, string, string] => [
      partOf(backup, part),
      `backup.${part}`,
      setBackupSecret(part),
    ]),
  ];
  return secrets
    .filter(([value, key]) => Boolean(value) && !isSecret(key.replace(/[.[].*/, "")))
    .map(([, key, fix]) => ({
      key,
      message: withFix("this secret is readable in the stack's config. Set it encrypted:", fix),
    }));
}

/** Settings that may be encrypted: they contain secrets, or are written only to secret files. */
export const SECRET_SETTINGS = ["signIn", "apps", "ssh", "tlsCertificate", "tlsKey", "backup", "cluster"];

/** Issues of encrypted settings that would still be readable in generated files, in the state and in previews. */
export function needlesslyEncrypted(
  config: Record<string, unknown>,
  isEncrypted: (setting: string) => boolean,
): Issue[] {
  return Object.entries(config).flatMap(([key, value]) =>
    isEncrypted(key) && !SECRET_SETTINGS.includes(key)
      ? [
          {
            key,
            message: withFix(
              `this is encrypted, but would be readable in generated files, in the stack's state and in previews. Only the settings ${SECRET_SETTINGS.join(", ")} can be kept secret. Set it in plain text:`,
              decrypt(key, value),
            ),
          },
        ]
      : [],
  );
}

/** A command that never prints the value. It decrypts a list entry by entry: as a whole it would become text. */
function decrypt(key: string, value: unknown): string {
  if (!Array.isArray(value)) return `pulumi config get ${key} | pulumi config set --plaintext ${key}`;
  const entry = `--path '${key}['$i']'`;
  return `for i in ${[...value.keys()].join(" ")}; do pulumi config get ${entry} | pulumi config set --plaintext ${entry}; done`;
}
