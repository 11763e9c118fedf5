import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** One token request that the provider received. */
export interface TokenRequest {
  authorization: string;
  form: URLSearchParams;
}

/** The endpoints of an OpenID provider that Vouch calls itself: `/token` and `/me`. The test creates the codes. */
export class FakeProvider {
  readonly clientId: string = "fake";
  readonly clientSecret: string = "secret of the fake";
  readonly tokenRequests: TokenRequest[] = [];
  /** Accepts the client's secret only in the form, and refuses HTTP Basic. */
  formOnly = false;
  /** Sent instead of the normal answer of `/me`. */
  userInfo: string | undefined;
  readonly #server: Server;
  readonly #codes = new Map<string, { email: string; codeChallenge: string | undefined }>();
  readonly #tokens = new Map<string, string>();

  constructor() {
    this.#server = createServer((message, response) => void this.#answer(message, response));
  }

  async start(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** A single-use code for the user with this address. */
  code(email: string, codeChallenge?: string): string {
    const code = randomUUID();
    this.#codes.set(code, { email, codeChallenge });
    return code;
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    if (message.url === "/token" && message.method === "POST") {
      const form = new URLSearchParams(await text(message));
      const [status, body] = this.#redeem(message.headers.authorization ?? "", form);
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
    } else if (message.url === "/me") {
      const email = this.#tokens.get((message.headers.authorization ?? "").replace("Bearer ", ""));
      response.setHeader("Content-Type", "application/json");
      response.end(this.userInfo ?? JSON.stringify(userInfoOf(email ?? "nobody")));
    } else {
      response.writeHead(404).end();
    }
  }

  #redeem(authorization: string, form: URLSearchParams): [number, object] {
    this.tokenRequests.push({ authorization, form });
    const refuse = (error: string): [number, object] => [400, { error, error_description: "the fake says no" }];
    if (!this.#knows(authorization, form)) return refuse("invalid_client");
    const code = form.get("code");
    if (!code) return refuse("invalid_request");
    const grant = this.#codes.get(code);
    this.#codes.delete(code);
    const verifier = form.get("code_verifier") ?? "";
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    if (!grant || (grant.codeChallenge && grant.codeChallenge !== challenge)) return refuse("invalid_grant");
    const token = randomUUID();
    this.#tokens.set(token, grant.email);
    return [200, { access_token: token, token_type: "Bearer", expires_in: 60, id_token: "not.looked.at" }];
  }

  #knows(authorization: string, form: URLSearchParams): boolean {
    if (!authorization) {
      return form.get("client_id") === this.clientId && form.get("client_secret") === this.clientSecret;
    }
    const pair = [this.clientId, this.clientSecret].map((part) => encodeURIComponent(part).replaceAll("%20", "+"));
    const given = Buffer.from(authorization.replace("Basic ", ""), "base64").toString();
    return !this.formOnly && given.replaceAll("%20", "+") === pair.join(":");
  }
}

function userInfoOf(email: string): object {
  if (email.startsWith("noemail@")) return { sub: email, name: "No Mail" };
  if (email.startsWith("num@")) return { sub: email, email, name: 42 };
  return { sub: email, email, email_verified: true, name: "Alice A", groups: ["g1", "g 2"] };
}
