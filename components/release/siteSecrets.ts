import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword.js";
import type { Secrets } from "../../files/site/secrets.ts";
import type { App } from "../../settings/apps/app.ts";
import type { Backup } from "../../settings/backup.ts";
import type { Destination } from "../../settings/destination.ts";
import type { Key } from "../../settings/keys.ts";
import type { Sensitive } from "../../settings/sensitive.ts";
import type { SignIn } from "../../settings/signIn.ts";

export interface SiteSecretsArgs {
  /**
   * The identity provider. Users of the built-in one without a passwordHash get a password; the others have a client
   * secret.
   */
  signIn: SignIn;
  /** The apps: each one with a database gets a password for it. */
  apps: App[];
  /** Token for Cloudflare's API, if the machine needs it to get its certificate. */
  cloudflareToken?: Sensitive<string> | undefined;
  /** Its own key, if there is one, is used in place of a generated one. */
  backup?: Backup;
  /** Keys of programs. */
  keys: Key[];
  /** Any text; changing it replaces the database passwords. */
  databaseRotation?: string | undefined;
  /** Any text; changing it replaces the keys that sign sessions. */
  sessionRotation?: string | undefined;
}

/** All secrets of the site except the certificate. */
type OwnSecrets = Omit<Secrets, "certificate" | "certificateKey">;

/** Vouch requires keys of at least 44 characters. */
const KEY_LENGTH = 48;
/** Characters of a program's key after its prefix: 256 bits. */
const PROGRAM_KEY_LENGTH = 43;
/** Starts each program's key, so that nginx, people and scanners of secrets recognize one; see files/services/nginx/maps.conf. */
export const PROGRAM_KEY_PREFIX = "jup_";
/** About 95 bits, and short enough to type. */
const PASSWORD_LENGTH = 16;

/** The site's secrets: generated once, kept encrypted in the stack's state. */
export class SiteSecrets extends pulumi.ComponentResource {
  /** Keys and password hashes in the form that the site's files need; all secret. */
  readonly values: { [Name in keyof OwnSecrets]: pulumi.Output<OwnSecrets[Name]> };
  /** Generated passwords by address, without users whose hash is in the settings. Secret. */
  readonly passwords: pulumi.Output<Record<string, string>>;
  /** Keys of programs, by name. Secret. */
  readonly keys: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: SiteSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("jupyter-up:index:SiteSecrets", name, {}, opts);
    const random = (part: string, length: number, keepers?: Record<string, string>) =>
      new RandomPassword(
        `${name}-${part}`,
        { length, special: false, ...(keepers ? { keepers } : {}) },
        { parent: this },
      );
    const key = (part: string) => random(part, KEY_LENGTH).result;
    // No keepers without the setting: an empty keeper would replace the keys of older stacks.
    const sessionKeepers = args.sessionRotation ? { rotation: args.sessionRotation } : undefined;
    const sessionKey = (part: string) => random(part, KEY_LENGTH, sessionKeepers).result;
    const databaseKey = (part: string) => random(part, KEY_LENGTH, { rotation: args.databaseRotation ?? "" }).result;

    // Another person gets another key: a holder of the old one never acts for the new person. Everything else can change.
    const programKeys = args.keys.map(({ name, for: person }) => {
      const { result } = random(`key-${name}`, PROGRAM_KEY_LENGTH, { for: person });
      return [name, pulumi.interpolate`${PROGRAM_KEY_PREFIX}${result}`] as const;
    });

    const ownKey = args.backup ? args.backup.key : undefined;
    const credential = args.backup ? credentialOf(args.backup.to) : undefined;
    const { users } = args.signIn;
    const generated = users
      .filter((user) => user.passwordHash === undefined)
      .map(({ email }) => ({ email, password: random(`password-${email}`, PASSWORD_LENGTH) }));
    const passwordHashes = byName([
      ...generated.map(({ email, password }) => [email, password.bcryptHash] as const),
      ...users.flatMap(({ email, passwordHash }) =>
        passwordHash ? [[email, passwordHash.output(pulumi.secret)] as const] : [],
      ),
    ]);

    this.values = {
      vouchJwtSecret: sessionKey("vouch-jwt"),
      vouchSessionKey: sessionKey("vouch-session"),
      oidcClientSecret:
        args.signIn.provider === "dex" ? key("oidc-client") : args.signIn.clientSecret.output(pulumi.secret),
      doorSecret: key("door"),
      namingKey: key("naming"),
      // Also without a backup: it has to open what was made before the backup was switched off.
      backupKey: ownKey ? ownKey.output(pulumi.secret) : key("backup"),
      ...(credential ? { backupCredential: credential.output(pulumi.secret) } : {}),
      ...(args.cloudflareToken ? { cloudflareToken: args.cloudflareToken.output(pulumi.secret) } : {}),
      databaseRootPassword: databaseKey("database-root"),
      notebooksDatabasePassword: databaseKey("database-notebooks"),
      appDatabasePasswords: byName(
        args.apps.filter(({ database }) => database).map((app) => [app.name, databaseKey(`database-${app.name}`)]),
      ),
      appSecrets: pulumi.secret(
        pulumi.all(Object.fromEntries(args.apps.map((app) => [app.name, app.secrets.output(pulumi.secret)]))),
      ),
      keyHashes: byName(programKeys.map(([name, key]) => [name, key.apply(sha256)] as const)),
      passwordHashes,
    };
    this.keys = byName(programKeys);
    this.passwords = byName(generated.map(({ email, password }) => [email, password.result]));
    this.registerOutputs({ passwords: this.passwords });
  }
}

function credentialOf(to: Destination): Sensitive<string> | undefined {
  switch (to.kind) {
    case "sftp":
      return to.privateKey;
    case "s3":
      return to.secretKey;
    case "gs":
      return to.credentials;
    default:
      return undefined;
  }
}

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

function byName(entries: (readonly [string, pulumi.Input<string>])[]): pulumi.Output<Record<string, string>> {
  return pulumi.secret(pulumi.output(Object.fromEntries(entries)));
}
