/** Everything secret that ends up in a file on the host. Plain values: made by components/release/siteSecrets.ts, used inside `apply`. */
export interface Secrets {
  /** Certificate of all names (PEM, leaf first) and its private key (PEM); absent where the machine gets it by itself. */
  certificate?: string;
  certificateKey?: string;
  /** What Cloudflare shows when it connects, where it stands before the site: authority, certificate and private key (PEM). */
  clientAuthority?: string;
  clientCertificate?: string;
  clientKey?: string;
  /** Token for Cloudflare's API, with which the machine gets its certificate. */
  cloudflareToken?: string;
  /** Signs Vouch's session tokens; 44 characters or more. */
  vouchJwtSecret: string;
  /** Signs Vouch's cookie of a sign-in under way; 44 characters or more. */
  vouchSessionKey: string;
  /** Known to Vouch and its identity provider: made up for the built-in one, given by any other. */
  oidcClientSecret: string;
  /** Known to nginx and Jupyter: a request that carries it has passed the door. */
  doorSecret: string;
  /** bcrypt hash of each built-in user's password, by address. */
  passwordHashes: Record<string, string>;
  /** MariaDB's root user, reached inside its container only. */
  databaseRootPassword: string;
  /** MariaDB's user for notebooks. */
  notebooksDatabasePassword: string;
  /** Passwords of apps' own database users, by app. */
  appDatabasePasswords: Record<string, string>;
  /** Secret variables of apps, by app and name. */
  appSecrets: Record<string, Record<string, string>>;
  /** Key of the HMAC that names secret folders, so that a name in plain sight tells nothing of the content. */
  namingKey: string;
}
