import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import type { Secrets } from "../files/secrets.ts";
import type { DexUser } from "../settings/schema.ts";

export interface SiteSecretsArgs {
  /** Users of the built-in provider; each without a passwordHash gets a password. */
  users: DexUser[];
}

/** What the site makes up for itself; the certificate comes from elsewhere. */
type MadeUp = Omit<Secrets, "certificate" | "certificateKey">;

/** Vouch asks for 44 characters or more of its keys. */
const KEY_LENGTH = 48;
/** About 95 bits, and short enough to type from one screen into another. */
const PASSWORD_LENGTH = 16;

/** Everything secret that the site makes up for itself: made once, kept encrypted in the stack's state. */
export class SiteSecrets extends pulumi.ComponentResource {
  /** Keys and password hashes, as the site's files need them; all secret. */
  readonly values: { [Name in keyof MadeUp]: pulumi.Output<MadeUp[Name]> };
  /** Generated passwords by address; nobody's whose hash is in the settings. Secret. */
  readonly passwords: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: SiteSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:SiteSecrets", name, {}, opts);
    const random = (part: string, length: number) =>
      new RandomPassword(`${name}-${part}`, { length, special: false }, { parent: this });
    const key = (part: string) => random(part, KEY_LENGTH).result;

    const generated = args.users
      .filter((user) => user.passwordHash === undefined)
      .map(({ email }) => ({ email, password: random(`password-${email}`, PASSWORD_LENGTH) }));
    const passwordHashes = byAddress([
      ...generated.map(({ email, password }) => [email, password.bcryptHash] as const),
      ...args.users.flatMap(({ email, passwordHash }) => (passwordHash ? [[email, passwordHash] as const] : [])),
    ]);

    this.values = {
      vouchJwtSecret: key("vouch-jwt"),
      vouchSessionKey: key("vouch-session"),
      oidcClientSecret: key("oidc-client"),
      doorSecret: key("door"),
      namingKey: key("naming"),
      passwordHashes,
    };
    this.passwords = byAddress(generated.map(({ email, password }) => [email, password.result]));
    this.registerOutputs({ passwords: this.passwords });
  }
}

function byAddress(entries: (readonly [string, pulumi.Input<string>])[]): pulumi.Output<Record<string, string>> {
  return pulumi.secret(pulumi.output(Object.fromEntries(entries)));
}
