import { createHmac, randomUUID } from "node:crypto";
import type { OutgoingHttpHeaders } from "node:http";
import { type Agent, request } from "node:https";
import { secrets } from "./site.ts";

/** The parts of a response that tests read. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Question {
  method?: string;
  headers?: OutgoingHttpHeaders;
  /** The fields of a form to send. */
  form?: Record<string, string>;
  /** A JSON body to send, as JupyterLab does. */
  json?: object;
  agent?: Agent | false;
}

/** Requests a page of a site on this machine, by one of its host names; without a cookie unless given one. */
export function ask(port: number, host: string, path: string, question: Question = {}): Promise<Answer> {
  const { form, json, agent = false } = question;
  const body = json ? JSON.stringify(json) : form && new URLSearchParams(form).toString();
  const kind = json ? "application/json" : "application/x-www-form-urlencoded";
  const method = question.method ?? (form ? "POST" : "GET");
  const headers = {
    host: `${host}:${port}`,
    ...(body ? { "content-type": kind, "content-length": Buffer.byteLength(body) } : {}),
    ...question.headers,
  };
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: "127.0.0.1", port, servername: host, path, method, headers, agent, rejectUnauthorized: false },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (part) => {
          body += part;
        });
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: "" });
    });
    asked.setTimeout(15_000, () => asked.destroy(new Error(`${host}${path} did not answer`)));
    asked.on("error", (error) => {
      // A server may close an idle connection at any time, so a request on a reused connection is repeated, as in browsers.
      if (asked.reusedSocket && method === "GET") ask(port, host, path, question).then(resolve, reject);
      else reject(error);
    });
    asked.end(body);
  });
}

/** Headers of a browser that opens a page. */
export const navigation = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

/** Vouch's answer about who has signed in, as the gate's cookie, made with the secret of the tests' sites. */
export function answerOf(claims: Record<string, unknown>): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const payload = {
    username: claims.username ?? claims.email,
    CustomClaims: claims,
    PAccessToken: "",
    PIdToken: "",
    iss: "Vouch",
  };
  const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ ...payload, aud: "lab.example.com", exp: now + 300, jti: randomUUID() })}`;
  return `__Host-answer=${text}.${createHmac("sha256", secrets.vouchJwtSecret).update(text).digest("base64url")}`;
}

/** The cookies that an answer sets, as a Cookie header; without those that it removes. */
export function cookiesOf({ headers }: Answer): string {
  const set = [headers["set-cookie"] ?? []].flat().filter((cookie) => !/; Max-Age=0;/.test(cookie));
  return set.map((cookie) => cookie.slice(0, cookie.indexOf(";"))).join("; ");
}

/** An answer that is no redirect. */
class NoRedirect extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(`no redirect, but ${answer.status}: ${answer.body}`);
    this.answer = answer;
  }
}

/** Path and query of the address to which an answer redirects. */
export function redirectOf(answer: Answer): string {
  if (answer.status !== 302) throw new NoRedirect(answer);
  const { pathname, search } = new URL(String(answer.headers.location), "https://here");
  return pathname + search;
}

/** A user's way through the sign-in, whose steps a test can change. */
export interface Visitor {
  /** The session's cookie at a host name; signs in there if necessary. */
  at(host: string): Promise<string>;
  /** What the user gets at a host name, after signing in there if necessary; if that is refused, the answer that refuses it. */
  visit(host: string, path: string, question?: Question): Promise<Answer>;
  /** The cookies at the gate. */
  gate: string;
}

/**
 * A browser of a user that signs in as Vouch would let it.
 * @param domain the site's domain.
 * @param claims what the identity provider says about the user.
 * @param agent for a site that asks for a client certificate.
 */
export function visitor(
  port: () => number,
  email: string,
  domain = "lab.example.com",
  claims: Record<string, unknown> = {},
  agent: Agent | false = false,
): Visitor {
  const gateHost = `vouch.${domain}`;
  const sessions = new Map<string, Promise<string>>();
  const ofUser = { email, email_verified: true, ...claims };
  const self: Visitor = {
    gate: "",
    at: (host) => {
      const known = sessions.get(host) ?? signIn(host);
      sessions.set(host, known);
      known.catch(() => sessions.delete(host));
      return known;
    },
    visit: async (host, path, question = {}) => {
      try {
        const cookie = [await self.at(host), question.headers?.cookie].filter(Boolean).join("; ");
        return await ask(port(), host, path, { agent, ...question, headers: { ...question.headers, cookie } });
      } catch (error) {
        if (error instanceof NoRedirect) return error.answer;
        throw error;
      }
    },
  };
  const open = (host: string, path: string, cookie = "") =>
    ask(port(), host, path, { headers: { ...navigation, cookie }, agent });
  async function signIn(host: string): Promise<string> {
    const asked = await open(host, "/");
    let entered = await open(gateHost, redirectOf(asked), self.gate);
    if (redirectOf(entered).startsWith("/login")) {
      const back = new URL(redirectOf(entered), "https://here").searchParams.get("url") ?? "";
      entered = await open(gateHost, new URL(back).pathname, `${cookiesOf(entered)}; ${answerOf(ofUser)}`);
      redirectOf(entered);
      self.gate = cookiesOf(entered);
    }
    return cookiesOf(await open(host, redirectOf(entered), cookiesOf(asked)));
  }
  return self;
}
