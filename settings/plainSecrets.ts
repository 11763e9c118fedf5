import { fault } from "./faults.ts";
import { type Fault, partOf } from "./read.ts";
import { SET_CLIENT_SECRET } from "./signIn.ts";
import { SET_PRIVATE_KEY } from "./ssh.ts";
import { SET_TLS_KEY } from "./web.ts";

/**
 * Secrets that stand in the stack's config for everybody to read, and so in its repository and history, too.
 * @param config raw values by setting: they are said together with what is wrong.
 * @param isSecret whether Pulumi keeps a setting encrypted; it knows of whole settings only, not of their parts.
 */
export function plainSecrets(
  { signIn, ssh, tlsKey, apps }: Record<string, unknown>,
  isSecret: (setting: string) => boolean,
): Fault[] {
  const secrets: [value: unknown, key: string, mend: string][] = [
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
    .map(([, key, mend]) => ({
      key,
      message: fault("this is secret, and stands in the stack's config for everybody to read. Set it encrypted:", mend),
    }));
}
