import type { ServerResponse } from "node:http";
import bcrypt from "bcryptjs";
import { costIssue } from "./bcryptHash.ts";
import type { Client, Config, Person } from "./config.ts";
import { ExpiringStore } from "./expiringStore.ts";
import { type Handler, type Request, redirect, sendHtml } from "./http.ts";
import { log } from "./log.ts";
import type { Pages } from "./pages.ts";

/** What a client requested, before and after the user signed in for it. */
export interface AuthRequest {
  client: Client;
  redirectUri: string;
  state: string;
  nonce: string;
  scopes: string[];
  codeChallenge: string;
  codeChallengeMethod: string;
}

/** What a code stands for. */
export interface Grant extends AuthRequest {
  person: Person;
}

const minute = 60_000;
const knownScopes = ["openid", "email", "profile", "groups"];
/** The name of the only connector: the password database. */
const connector = "local";

/** An error shown to the user in the browser. */
class ShownError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** An error for the client, sent back through the browser. */
class ReturnedError extends Error {
  readonly location: string;

  constructor(redirectUri: string, state: string, error: string, description: string) {
    super(description);
    this.location = withQuery(redirectUri, { state, error, error_description: description });
  }
}

/**
 * `/auth` and the pages behind it: from a client's request to a code. Sets no cookie: each sign-in asks for the
 * password again.
 */
export class Authorization {
  /** Codes that have not been redeemed. */
  readonly codes = new ExpiringStore<Grant>(30 * minute);
  readonly #requests: ExpiringStore<AuthRequest>;
  readonly #config: Config;
  readonly #pages: Pages;
  readonly #base: string;

  /** `base` is the path of the issuer, without a trailing slash. */
  constructor(config: Config, pages: Pages, base: string) {
    this.#config = config;
    this.#requests = new ExpiringStore<AuthRequest>(config.authRequestsMs);
    this.#pages = pages;
    this.#base = base;
  }

  /** `/auth`: selects the only connector. */
  start: Handler = (request, response) => {
    const values = allValues(request);
    const wanted = values.get("connector_id") ?? connector;
    if (wanted !== connector) {
      this.#refuse(response, 400, "Connector ID does not match a valid Connector");
      return;
    }
    values.delete("connector_id");
    values.sort();
    redirect(response, 302, `${this.#base}/auth/${connector}${values.size > 0 ? "?" : ""}${values}`);
  };

  /** `/approval`: never used (skipApprovalScreen), so every request there is unknown. */
  approval: Handler = (request, response) => {
    const code = request.query.get("hmac") || request.form.get("hmac") || "";
    if (code === "" || /[^A-Za-z0-9_-]/.test(code) || code.length % 4 === 1)
      return this.#refuse(response, 401, "Unauthorized request");
    this.#refuse(response, 500, "Database error.");
  };

  /** `/auth/{connector}`: stores the client's request and redirects to the form. */
  connector: Handler = (request, response) => {
    try {
      const authRequest = this.#parse(allValues(request));
      if (!request.path.endsWith(`/${connector}`)) throw new ShownError(400, "Connector failed to initialize");
      if (request.method !== "GET") throw new ShownError(400, "Unsupported request method.");
      const state = this.#requests.add(authRequest);
      redirect(response, 302, `${this.#base}/auth/${connector}/login?back=&state=${state}`);
    } catch (error) {
      log("ERROR", "failed to parse authorization request", { err: (error as Error).message });
      if (error instanceof ReturnedError) redirect(response, 303, error.location);
      else if (error instanceof ShownError) this.#refuse(response, error.status, error.message);
      else throw error;
    }
  };

  /** `/auth/{connector}/login`: the form, and the redirect back to the client once the password is right. */
  login: Handler = async (request, response) => {
    const id = request.query.get("state") ?? "";
    if (id === "") return this.#refuse(response, 400, "User session error.");
    const authRequest = this.#requests.kept(id);
    if (!authRequest) return this.#refuse(response, 400, "Requested resource does not exist.");
    if (!request.path.endsWith(`/${connector}/login`)) {
      return this.#refuse(response, 500, "Requested resource does not exist.");
    }
    const action = `${request.path}?${request.query}`;
    if (request.method === "GET") return sendHtml(response, 200, this.#pages.password(action));
    if (request.method !== "POST") return this.#refuse(response, 400, "Unsupported request method.");

    const login = request.form.get("login") ?? "";
    const person = this.#config.people.get(login.toLowerCase());
    const issue = person && costIssue(person.hash);
    if (issue) {
      log("ERROR", "failed to login user", { err: issue });
      return this.#refuse(response, 500, "Login error. Please contact your administrator or try again later.");
    }
    if (!person || !(await bcrypt.compare(request.form.get("password") ?? "", person.hash))) {
      log("ERROR", "failed login attempt: Invalid credentials.", { user: login });
      return sendHtml(response, 401, this.#pages.password(action, login));
    }
    // The same form may have been submitted elsewhere while the password was compared.
    if (!this.#requests.kept(id)) return this.#refuse(response, 400, "User session error.");
    // Dex checks the expiry only here.
    if (!this.#requests.get(id)) return this.#refuse(response, 400, "User session has expired.");
    this.#requests.delete(id);
    log("INFO", "login successful", { connector_id: connector, username: person.name, email: person.email });
    const code = this.codes.add({ ...authRequest, person });
    redirect(response, 303, withQuery(authRequest.redirectUri, { code, state: authRequest.state }));
  };

  /**
   * Checks a client's request in Dex's order; throws a {@link ShownError} until the redirect URI is known to be valid.
   */
  #parse(values: URLSearchParams): AuthRequest {
    const get = (key: string): string => values.get(key) ?? "";
    const redirectUri = decodedOnceMore(get("redirect_uri"));
    const state = get("state");
    const client = this.#config.clients.get(get("client_id"));
    if (!client) throw new ShownError(404, "Invalid client_id.");
    if (!client.redirectUris.includes(redirectUri)) throw new ShownError(400, "Unregistered redirect_uri.");

    const refuse = (error: string, description: string): never => {
      throw new ReturnedError(redirectUri, state, error, description);
    };
    if (get("request") !== "") refuse("request_not_supported", "Server does not support request parameter.");
    const codeChallengeMethod = get("code_challenge_method") || "plain";
    if (!["S256", "plain"].includes(codeChallengeMethod)) {
      refuse("invalid_request", `Unsupported PKCE challenge method (${JSON.stringify(codeChallengeMethod)}).`);
    }
    const scopes = words(get("scope"));
    if (!scopes.includes("openid")) refuse("invalid_scope", 'Missing required scope(s) ["openid"].');
    const strange = scopes.filter((scope) => !knownScopes.includes(scope));
    if (strange.length > 0) refuse("invalid_scope", `Unrecognized scope(s) ${goList(strange)}`);
    const responseTypes = words(get("response_type"));
    const other = responseTypes.find((type) => type !== "code");
    if (other !== undefined) {
      const known = other === "token" || other === "id_token";
      if (!known) refuse("invalid_request", `Invalid response type ${JSON.stringify(other)}`);
      refuse("unsupported_response_type", `Unsupported response type ${JSON.stringify(other)}`);
    }
    if (responseTypes.length === 0) refuse("invalid_request", "No response_type provided");
    return {
      client,
      redirectUri,
      state,
      nonce: get("nonce"),
      scopes,
      codeChallenge: get("code_challenge"),
      codeChallengeMethod,
    };
  }

  #refuse(response: ServerResponse, status: number, message: string): void {
    sendHtml(response, status, this.#pages.error(status, message));
  }
}

/** Query and form together; values of the form come first. */
const allValues = ({ query, form }: Request): URLSearchParams => new URLSearchParams([...form, ...query]);

/** Dex decodes this one parameter twice. */
function decodedOnceMore(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new ShownError(400, "No redirect_uri provided.");
  }
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

const goList = (texts: string[]): string => `[${texts.map((text) => JSON.stringify(text)).join(" ")}]`;

/** The address with these parameters in its query, sorted as Go sorts them. */
function withQuery(address: string, values: Record<string, string>): string {
  const url = new URL(address);
  for (const [key, value] of Object.entries(values)) url.searchParams.set(key, value);
  url.searchParams.sort();
  return url.href;
}
