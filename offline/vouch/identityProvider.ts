import type { OauthConfig, VouchConfig } from "./config.ts";
import { parseJson } from "./goJson.ts";
import { encodeQuery, parseQuery, toBytes } from "./goUrl.ts";
import type { Log } from "./log.ts";
import { GoPanic } from "./panic.ts";

/** The user as reported by the identity provider. */
export interface User {
  username: string;
  email: string;
  /** The claims that the configuration lists. */
  claims: Record<string, unknown>;
  accessToken: string;
  idToken: string;
}

interface Tokens {
  accessToken: string;
  idToken: string;
}

/** Talks to the identity provider directly, without the browser. */
export class IdentityProvider {
  readonly #oauth: OauthConfig;
  readonly #vouch: VouchConfig;
  readonly #log: Log;
  /** How the token endpoint wants the client's secret, once a request succeeded. */
  #authentication: "basic" | "form" | undefined;

  constructor(oauth: OauthConfig, vouch: VouchConfig, log: Log) {
    this.#oauth = oauth;
    this.#vouch = vouch;
    this.#log = log;
    if (oauth.clientAuthentication === "form") this.#authentication = "form";
  }

  /** Redeems a code and fetches its user; throws with the messages of Go's oauth2 package. */
  async userOf(code: string, grant: Record<string, string>): Promise<User> {
    const tokens = await this.#redeem({ grant_type: "authorization_code", code, ...grant });
    const url = this.#oauth.userInfoUrl;
    const answer = await request("Get", url, { headers: { Authorization: `Bearer ${tokens.accessToken}` } });
    const body = await answer.text();
    // As in the real one: with logLevel info, every user's address is in the log.
    this.#log.info(`OpenID userinfo body: ${body}`);
    return { ...this.#readUser(parseJson(Buffer.from(body))), ...tokens };
  }

  async #redeem(grant: Record<string, string>): Promise<Tokens> {
    if (this.#authentication) return this.#askForTokens(grant, this.#authentication);
    try {
      const tokens = await this.#askForTokens(grant, "basic");
      this.#authentication = "basic";
      return tokens;
    } catch {
      const tokens = await this.#askForTokens(grant, "form");
      this.#authentication = "form";
      return tokens;
    }
  }

  async #askForTokens(grant: Record<string, string>, authentication: "basic" | "form"): Promise<Tokens> {
    const { clientId, clientSecret, tokenUrl } = this.#oauth;
    const form = { ...grant };
    const headers: Record<string, string> = { "Content-Type": "application/x-www-form-urlencoded" };
    if (authentication === "basic") {
      const pair = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`;
      headers.Authorization = `Basic ${Buffer.from(pair).toString("base64")}`;
    } else {
      form.client_id = clientId;
      if (clientSecret !== "") form.client_secret = clientSecret;
    }
    return readTokens(await request("Post", tokenUrl, { method: "POST", headers, body: encodeQuery(form) }));
  }

  #readUser(userInfo: unknown): Pick<User, "username" | "email" | "claims"> {
    if (typeof userInfo !== "object" || userInfo === null || Array.isArray(userInfo)) {
      throw new GoPanic("interface conversion: interface {} is not map[string]interface {}");
    }
    const entries = Object.entries(userInfo);
    const listed = this.#vouch.headers.claims;
    const claims = Object.fromEntries(entries.filter(([key]) => listed.includes(key)).sort());
    if (this.#oauth.provider === "github") return { ...nameAndMail(entries, "login"), claims };
    return { ...nameAndMail(entries, "username"), claims };
  }
}

/** The user's name and address, with keys in any case. Without a name, an OpenID user is named by the address. */
function nameAndMail(entries: [string, unknown][], nameKey: "username" | "login") {
  const text = (key: string): string => {
    let found = "";
    for (const [name, value] of entries) {
      if (name.toLowerCase() !== key || value === null) continue;
      if (typeof value !== "string") {
        const type = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
        const field = key.charAt(0).toUpperCase() + key.slice(1);
        throw new Error(`json: cannot unmarshal ${type} into Go struct field User.${field} of type string`);
      }
      found = value;
    }
    return found;
  };
  text("name");
  const email = text("email");
  return { username: text(nameKey) || (nameKey === "username" ? email : ""), email };
}

async function readTokens(answer: Response): Promise<Tokens> {
  const body = await answer.text();
  const type = answer.headers.get("content-type")?.split(";")[0];
  const isForm = type === "application/x-www-form-urlencoded" || type === "text/plain";
  const failure = `oauth2: cannot fetch token: ${answer.status} ${answer.statusText}\nResponse: ${body}`;
  let values: Record<string, unknown>;
  try {
    values = isForm
      ? Object.fromEntries(parseQuery(body))
      : ((parseJson(Buffer.from(body)) ?? {}) as Record<string, unknown>);
  } catch (error) {
    throw new Error(answer.ok ? `oauth2: cannot parse json: ${(error as Error).message}` : toBytes(failure));
  }
  const text = (key: string): string => (typeof values[key] === "string" ? values[key] : "");
  if (text("error")) {
    const details = [text("error"), text("error_description"), text("error_uri")].filter((detail) => detail !== "");
    throw new Error(toBytes(`oauth2: ${details.map((detail) => JSON.stringify(detail)).join(" ")}`));
  }
  if (!answer.ok) throw new Error(toBytes(failure));
  if (text("access_token") === "") throw new Error("oauth2: server response missing access_token");
  return { accessToken: text("access_token"), idToken: text("id_token") };
}

async function request(verb: "Get" | "Post", url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const cause = (error as Error).cause as
      | (NodeJS.ErrnoException & { address?: string; port?: number; hostname?: string })
      | undefined;
    const reasons: Record<string, string> = {
      ECONNREFUSED: `dial tcp ${cause?.address}:${cause?.port}: connect: connection refused`,
      ENOTFOUND: `dial tcp: lookup ${cause?.hostname}: no such host`,
      EAI_AGAIN: `dial tcp: lookup ${cause?.hostname}: server misbehaving`,
    };
    const reason = reasons[cause?.code ?? ""] ?? cause?.message ?? (error as Error).message;
    throw new Error(`${verb} "${url}": ${reason}`);
  }
}
