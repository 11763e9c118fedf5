import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { parse, type ScalarTag } from "yaml";
import { ConfigReader, type Tree } from "./configReader.ts";
import type { Log } from "./log.ts";
import { GoPanic } from "./panic.ts";
import { withProviderDefaults } from "./providers.ts";

export type Config = ReturnType<typeof readConfig>;
export type VouchConfig = Config["vouch"];
export type OauthConfig = Config["oauth"];

/** The configuration options of the command line. */
export interface ConfigFlags {
  config?: string | undefined;
  port?: string | undefined;
  loglevel?: string | undefined;
}

/**
 * Reads the configuration as Vouch does: `$VOUCH_CONFIG`, else `-config`, else `$VOUCH_ROOT/config/config.yml` with `/`
 * as the root; then the environment, which overrides the file for `VOUCH_*` and is overridden by it for `OAUTH_*`.
 * Throws if there is neither a readable file nor a variable. Sets the log level.
 */
export function readConfig(flags: ConfigFlags, env: NodeJS.ProcessEnv, log: Log) {
  log.warn("this is a fake Vouch Proxy, used where its image cannot be pulled");
  if (flags.loglevel) log.setLevel(flags.loglevel);
  const root = env.VOUCH_ROOT || "/";
  const file = env.VOUCH_CONFIG ? resolve(env.VOUCH_CONFIG) : flags.config || join(root, "config", "config.yml");
  const { tree, issue } = readFile(file);

  const vouchReader = new ConfigReader(tree.vouch, { env, envPrefix: "VOUCH", winner: "env", title: "Vouch" });
  const oauthReader = new ConfigReader(tree.oauth, { env, envPrefix: "OAUTH", winner: "file", title: "OAuth" });
  const vouch = readVouch(vouchReader);
  const oauth = readOauth(oauthReader);
  warnOfUnknownKeys(tree, [vouchReader, oauthReader], log);
  if (issue && !vouchReader.usedEnv && !oauthReader.usedEnv) {
    requirePasswdEntry();
    throw new Error(`configuration file not found: ${issue}`);
  }

  if (flags.port) vouch.port = Number(flags.port);
  if (!flags.loglevel) log.setLevel(vouch.logLevel);
  fillGaps(vouch, root, log);
  return { vouch, oauth: withProviderDefaults(oauth) };
}

/**
 * Numbers of go-yaml beyond YAML 1.2: underscores between digits, base two. The `timestamp` below is a similar
 * extension; `yes`, `no` and `22:22` are texts to it.
 */
const goNumber: ScalarTag = {
  tag: "tag:yaml.org,2002:int",
  default: true,
  test: /^[-+]?(0b[01_]+|[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?)$/,
  resolve: (text) => Number(text.replaceAll("_", "")),
};

/**
 * The file's content with its top-level keys in lower case, or why it cannot be read: Vouch treats missing, unreadable
 * and malformed alike.
 */
function readFile(file: string): { tree: Tree; issue?: string } {
  try {
    const customTags = (tags: unknown[]) => [goNumber, "timestamp", ...tags] as never;
    const content: unknown = parse(readFileSync(file, "utf8"), { customTags }) ?? {};
    if (typeof content !== "object" || Array.isArray(content)) throw new Error(`${file} holds no mapping`);
    const entries = Object.entries(content as Tree);
    return { tree: Object.fromEntries(entries.map(([key, value]) => [key.toLowerCase(), value])) };
  } catch (error) {
    return { tree: {}, issue: (error as Error).message };
  }
}

/** Before it gives up, the real Vouch looks up its own user, and panics if that has no name. */
function requirePasswdEntry(): void {
  try {
    userInfo();
  } catch {
    throw new GoPanic("runtime error: invalid memory address or nil pointer dereference");
  }
}

function readVouch(reader: ConfigReader) {
  reader.passOver("socket_mode", "socket_group", "tls.profile", "headers.redirect", "test_url", "test_urls");
  reader.passOver("jwt.private_key_file", "jwt.public_key_file");
  return {
    logLevel: reader.text("logLevel", "info"),
    listen: reader.text("listen", "0.0.0.0"),
    port: reader.integer("port", 9090),
    documentRoot: reader.text("document_root"),
    /** Seconds; so are the two below. */
    writeTimeout: reader.integer("writeTimeout", 15),
    readTimeout: reader.integer("readTimeout", 15),
    idleTimeout: reader.integer("idleTimeout", 15),
    domains: reader.list("domains").sort((a, b) => b.length - a.length),
    whiteList: reader.list("whiteList"),
    teamWhitelist: reader.list("teamWhitelist"),
    allowAllUsers: reader.boolean("allowAllUsers", false),
    publicAccess: reader.boolean("publicAccess", false),
    tls: { cert: reader.text("tls.cert"), key: reader.text("tls.key") },
    jwt: {
      signingMethod: reader.text("jwt.signing_method", "HS256"),
      /** Minutes. */
      maxAge: reader.integer("jwt.maxAge", 240),
      issuer: reader.text("jwt.issuer", "Vouch"),
      secret: reader.text("jwt.secret"),
      compress: reader.boolean("jwt.compress", true),
    },
    cookie: {
      name: reader.text("cookie.name", "VouchCookie"),
      domain: reader.text("cookie.domain"),
      secure: reader.boolean("cookie.secure", true),
      httpOnly: reader.boolean("cookie.httpOnly", true),
      /** Minutes; 0 is until the browser ends. */
      maxAge: reader.integer("cookie.maxAge", 240),
      sameSite: reader.text("cookie.sameSite"),
    },
    headers: {
      jwt: reader.text("headers.jwt", "X-Vouch-Token"),
      user: reader.text("headers.user", "X-Vouch-User"),
      success: reader.text("headers.success", "X-Vouch-Success"),
      error: reader.text("headers.error", "X-Vouch-Error"),
      queryString: reader.text("headers.querystring", "access_token"),
      claimHeader: reader.text("headers.claimheader", "X-Vouch-IdP-Claims-"),
      claims: reader.list("headers.claims"),
      accessToken: reader.text("headers.accesstoken"),
      idToken: reader.text("headers.idtoken"),
    },
    session: {
      name: reader.text("session.name", "VouchSession"),
      /** Minutes. */
      maxAge: reader.integer("session.maxAge", 5),
      key: reader.text("session.key"),
    },
    logoutRedirectUris: reader.list("post_logout_redirect_uris"),
    testing: reader.boolean("testing", false),
  };
}

function readOauth(reader: ConfigReader) {
  reader.passOver("relying_party_id", "user_team_url", "user_org_url", "azure_token", "discord_use_ids");
  return {
    provider: reader.text("provider"),
    clientId: reader.text("client_id"),
    clientSecret: reader.text("client_secret"),
    authUrl: reader.text("auth_url"),
    tokenUrl: reader.text("token_url"),
    userInfoUrl: reader.text("user_info_url"),
    endSessionEndpoint: reader.text("end_session_endpoint"),
    callbackUrl: reader.text("callback_url"),
    callbackUrls: reader.list("callback_urls"),
    scopes: reader.list("scopes"),
    claims: reader.raw("claims"),
    preferredDomain: reader.text("preferredDomain"),
    codeChallengeMethod: reader.text("code_challenge_method"),
  };
}

function warnOfUnknownKeys(tree: Tree, readers: ConfigReader[], log: Log): void {
  const foreign = Object.keys(tree).filter((key) => key !== "vouch" && key !== "oauth");
  const issues = readers.flatMap((reader) => [...reader.issues, ...reader.unknownKeys()]);
  if (foreign.length > 0) issues.push(`'' has invalid keys: ${foreign.join(", ")}`);
  if (issues.length === 0) return;
  log.error(
    "configuration error: config file should have only two top level elements: `vouch` and `oauth`.  These and other syntax errors follow...",
  );
  log.error(`decoding failed due to the following error(s):\n\n${issues.join("\n")}`);
  log.error("continuing... (maybe you know what you're doing :)");
}

/** Fills in the values that Vouch generates when they are missing. */
function fillGaps(vouch: ReturnType<typeof readVouch>, root: string, log: Log): void {
  if (vouch.cookie.maxAge > vouch.jwt.maxAge) {
    log.warn(
      `setting \`vouch.cookie.maxage\` to \`vouch.jwt.maxage\` value of ${vouch.jwt.maxAge} minutes (curently set to ${vouch.cookie.maxAge} minutes)`,
    );
    vouch.cookie.maxAge = vouch.jwt.maxAge;
  }
  if (vouch.jwt.secret === "") vouch.jwt.secret = storedSecret(join(root, "config", "secret"), log);
  if (vouch.session.key === "") {
    log.warn("generating random session.key");
    vouch.session.key = randomBytes(32).toString("base64");
  }
}

/** The secret of an earlier start, or a new one, stored if the folder is writable. */
function storedSecret(file: string, log: Log): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    log.warn(`generating random jwt.secret and storing it in ${file}`);
  }
  const secret = randomBytes(32).toString("base64");
  try {
    writeFileSync(file, secret, { mode: 0o600 });
  } catch (error) {
    log.error((error as Error).message);
  }
  return secret;
}
