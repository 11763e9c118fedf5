/**
 * All secrets that end up in files on the host. Plain values: created by components/release/siteSecrets.ts, used inside
 * `apply`.
 */
export interface Secrets {
  /** Certificate for all names (PEM, leaf first) and its private key (PEM); absent if the machine gets it by itself. */
  certificate?: string;
  certificateKey?: string;
  /**
   * What Cloudflare presents when it connects, if it is in front of the site: authority, certificate and private key
   * (PEM).
   */
  clientAuthority?: string;
  clientCertificate?: string;
  clientKey?: string;
  /** Token for Cloudflare's API; the machine needs it to get its certificate. */
  cloudflareToken?: string;
  /** Signs Vouch's session tokens; 44 characters or more. */
  vouchJwtSecret: string;
  /** Signs Vouch's cookie of an unfinished sign-in; 44 characters or more. */
  vouchSessionKey: string;
  /** Shared by Vouch and its identity provider: generated for the built-in one, given by any other. */
  oidcClientSecret: string;
  /** Shared by nginx and Jupyter: a request that carries it has passed nginx's sign-in check. */
  doorSecret: string;
  /** SHA-256 of each program's key, hexadecimal, by name. */
  keyHashes: Record<string, string>;
  /** bcrypt hash of each built-in user's password, by address. */
  passwordHashes: Record<string, string>;
  /** MariaDB's root user, who can connect only inside its container. */
  databaseRootPassword: string;
  /** MariaDB's user for notebooks. */
  notebooksDatabasePassword: string;
  /** Passwords of apps' own database users, by app. */
  appDatabasePasswords: Record<string, string>;
  /** Secret variables of apps, by app and name. */
  appSecrets: Record<string, Record<string, string>>;
  /** Key of the backup: it decrypts the backup. */
  backupKey: string;
  /** What opens the place of the backup: a private key, a secret access key or a service account's key; absent for a folder. */
  backupCredential?: string;
  /** What opens the cluster of people's servers; absent without one. */
  cluster?: ClusterAccess;
  /** Key of the HMAC that names secret folders, so that a visible name reveals nothing about the content. */
  namingKey: string;
}

/** What the hub has of its cluster. */
export interface ClusterAccess {
  /** Token of an account that may make servers in one namespace, and nothing else. */
  token: string;
  /** Owner reference of everything that the hub makes, except homes: when its object ends, all of it ends. */
  owner: { apiVersion: string; kind: string; name: string; uid: string };
}
