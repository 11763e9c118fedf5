import { createHmac } from "node:crypto";
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

/** Vouch's cookie of a signed-in user, made with the secret of the tests' sites. */
export function signedIn(email: string): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const claims = { email, email_verified: true };
  const payload = { username: email, CustomClaims: claims, PAccessToken: "", PIdToken: "", iss: "Vouch" };
  const text = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ ...payload, aud: "lab.example.com", exp: now + 3600 })}`;
  return `VouchCookie=${text}.${createHmac("sha256", secrets.vouchJwtSecret).update(text).digest("base64url")}`;
}
