import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Grant } from "./authorization.ts";
import type { Client, Config } from "./config.ts";
import type { ExpiringStore } from "./expiringStore.ts";
import { type Handler, type Request, sendJson } from "./http.ts";
import type { SigningKey } from "./signingKey.ts";

/** Lifetime of access and ID tokens, in seconds. */
const lifetime = 24 * 3600;

/** `/token` and `/userinfo`: the client's requests without the browser. */
export class Tokens {
  readonly #config: Config;
  readonly #codes: ExpiringStore<Grant>;
  readonly #key: SigningKey;

  constructor(config: Config, codes: ExpiringStore<Grant>, key: SigningKey) {
    this.#config = config;
    this.#codes = codes;
    this.#key = key;
  }

  /** `/token`: exchanges a code for tokens, once. */
  token: Handler = (request, response) => {
    if (request.method !== "POST") return refuse(response, 400, "invalid_request", "method not allowed");
    if (request.form.get("grant_type") !== "authorization_code") return refuse(response, 400, "unsupported_grant_type");
    const client = this.#authenticate(request);
    if (!client) return refuse(response, 401, "invalid_client", "Invalid client credentials.");

    const code = request.form.get("code") ?? "";
    if (code === "") return refuse(response, 400, "invalid_request", "Required param: code.");
    const grant = this.#codes.get(code);
    if (!grant) return refuse(response, 400, "invalid_grant", "Invalid or expired code parameter.");
    // Dex reports another client's code as an internal error.
    if (grant.client !== client) return refuse(response, 500, "server_error");
    const issue = codeVerifierIssue(grant, request.form.get("code_verifier") ?? "");
    if (issue) return refuse(response, 400, ...issue);
    if (grant.redirectUri !== request.form.get("redirect_uri")) {
      return refuse(response, 400, "invalid_request", "redirect_uri did not match URI from initial request.");
    }
    this.#codes.delete(code);
    const accessToken = this.#issue(grant, { at_hash: halfHash(randomBytes(16).toString("hex")) });
    const idToken = this.#issue(grant, { at_hash: halfHash(accessToken), c_hash: halfHash(code) });
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Pragma", "no-cache");
    sendJson(response, 200, {
      access_token: accessToken,
      token_type: "bearer",
      expires_in: lifetime - 1,
      id_token: idToken,
    });
  };

  /** `/userinfo`: the claims of the presented token. */
  userInfo: Handler = (request, response) => {
    const [, token] = /^bearer (.*)$/i.exec(request.authorization) ?? [];
    if (token === undefined) {
      response.setHeader("WWW-Authenticate", "Bearer");
      return refuse(response, 401, "access_denied", "Invalid bearer token.");
    }
    const claims = this.#key.verify(token);
    if (!claims || claims.iss !== this.#config.issuer || Number(claims.exp) * 1000 <= Date.now()) {
      return refuse(response, 403, "access_denied", "Invalid bearer token.");
    }
    sendJson(response, 200, claims);
  };

  #authenticate({ authorization, form }: Request): Client | undefined {
    const [, pair] = /^basic (.*)$/i.exec(authorization) ?? [];
    let id = form.get("client_id") ?? "";
    let secret = form.get("client_secret") ?? "";
    if (pair !== undefined) {
      const [, first = "", second = ""] = /^([^:]*):(.*)$/s.exec(Buffer.from(pair, "base64").toString("utf8")) ?? [];
      id = formDecoded(first);
      secret = formDecoded(second);
    }
    const client = this.#config.clients.get(id);
    return client && sameText(client.secret, secret) ? client : undefined;
  }

  #issue({ client, person, scopes, nonce }: Grant, hashes: object): string {
    const now = Math.floor(Date.now() / 1000);
    const claims: Record<string, unknown> = {
      iss: this.#config.issuer,
      sub: subject(person.userId),
      aud: client.id,
      exp: now + lifetime,
      iat: now,
      ...(nonce && { nonce }),
      ...hashes,
    };
    if (scopes.includes("email")) {
      if (person.email) claims.email = person.email;
      claims.email_verified = person.emailVerified;
    }
    if (scopes.includes("groups") && person.groups.length > 0) claims.groups = person.groups;
    if (scopes.includes("profile")) {
      if (person.name) claims.name = person.name;
      if (person.preferredUsername) claims.preferred_username = person.preferredUsername;
    }
    return this.#key.sign(claims);
  }
}

function refuse(response: ServerResponse, status: number, error: string, description?: string): void {
  sendJson(response, status, description ? { error, error_description: description } : { error });
}

/** What is wrong with the client's PKCE verifier; undefined if nothing. */
function codeVerifierIssue(
  { codeChallenge, codeChallengeMethod }: Grant,
  verifier: string,
): [error: string, description: string] | undefined {
  if (codeChallenge === "") {
    return verifier === "" ? undefined : ["invalid_request", "No PKCE flow started. Cannot check code_verifier."];
  }
  if (verifier === "") return ["invalid_grant", "Expecting parameter code_verifier in PKCE flow."];
  const hashed = createHash("sha256").update(verifier).digest("base64url");
  const matches = sameText(codeChallengeMethod === "S256" ? hashed : verifier, codeChallenge);
  return matches ? undefined : ["invalid_grant", "Invalid code_verifier."];
}

function sameText(a: string, b: string): boolean {
  const [first, second] = [Buffer.from(a), Buffer.from(b)];
  return first.length === second.length && timingSafeEqual(first, second);
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return "";
  }
}

/** The left half of a SHA-256, as OpenID Connect binds tokens to one another. */
const halfHash = (text: string): string =>
  createHash("sha256").update(text).digest().subarray(0, 16).toString("base64url");

/** Dex's subject: user and connector as two protobuf strings. */
function subject(userId: string): string {
  const field = (number: number, text: string): Buffer => {
    const bytes = Buffer.from(text);
    return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
  };
  const user = userId === "" ? Buffer.alloc(0) : field(1, userId);
  return Buffer.concat([user, field(2, "local")]).toString("base64url");
}

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
