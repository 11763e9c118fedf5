import type { ServerResponse } from "node:http";
import type { VouchConfig } from "./config.ts";
import { matchingDomain } from "./domains.ts";
import type { Request } from "./request.ts";

/** The attributes of a cookie besides its name and value; absent ones are not sent. */
interface Attributes {
  path: string;
  domain?: string | undefined;
  expires?: Date;
  /** Seconds; 0 deletes the cookie. */
  maxAge?: number | undefined;
  httpOnly: boolean;
  secure: boolean;
  sameSite?: string | undefined;
}

/** Browsers drop cookies of 4096 bytes or more; Vouch splits its own below that. */
const largestCookie = 4000;

function writeCookie(name: string, value: string, attributes: Attributes): string {
  const { path, domain, expires, maxAge, httpOnly, secure, sameSite } = attributes;
  return [
    `${name}=${value}`,
    `Path=${path}`,
    domain && `Domain=${domain.replace(/^\./, "")}`,
    expires && `Expires=${expires.toUTCString()}`,
    maxAge !== undefined && `Max-Age=${maxAge}`,
    httpOnly && "HttpOnly",
    secure && "Secure",
    sameSite && `SameSite=${sameSite}`,
  ]
    .filter(Boolean)
    .join("; ");
}

const setCookie = (response: ServerResponse, name: string, value: string, attributes: Attributes): void => {
  response.appendHeader("Set-Cookie", writeCookie(name, value, attributes));
};

const sameSite = ({ cookie }: VouchConfig): string | undefined =>
  ({ lax: "Lax", strict: "Strict", none: "None" })[cookie.sameSite.toLowerCase()];

const cookieDomain = (config: VouchConfig, request: Request): string =>
  config.cookie.domain || matchingDomain(config.domains, request.host);

/** Gives the browser its token, in parts if one cookie would be too large. */
export function setTokenCookie(response: ServerResponse, request: Request, config: VouchConfig, token: string): void {
  const { name, maxAge, httpOnly, secure } = config.cookie;
  const attributes = {
    path: "/",
    domain: cookieDomain(config, request),
    maxAge: maxAge === 0 ? undefined : maxAge * 60,
    httpOnly,
    secure,
    sameSite: sameSite(config),
  };
  const room = largestCookie - writeCookie(name, "", attributes).length;
  const count = Math.ceil(token.length / room);
  if (count <= 1) {
    setCookie(response, name, token, attributes);
    return;
  }
  for (let part = 0; part < count; part++) {
    const piece = token.slice(part * room, (part + 1) * room);
    setCookie(response, `${name}_${part + 1}of${count}`, piece, attributes);
  }
}

/**
 * Deletes every cookie of the request whose name starts like the token's: its parts, and any other cookie with that
 * prefix.
 */
export function clearTokenCookies(response: ServerResponse, request: Request, config: VouchConfig): void {
  const { name: start, httpOnly, secure } = config.cookie;
  const domain = cookieDomain(config, request);
  for (const { name } of request.cookies) {
    if (name.startsWith(start)) {
      setCookie(response, name, "delete", { path: "/", domain, maxAge: 0, httpOnly, secure });
    }
  }
}

/** Sets the session cookie for one path; without a value it deletes the cookie. */
export function setSessionCookie(response: ServerResponse, config: VouchConfig, path: string, value?: string): void {
  const { httpOnly, secure } = config.cookie;
  const common = { path, httpOnly, secure, sameSite: sameSite(config) };
  if (value === undefined) {
    setCookie(response, config.session.name, "-", { ...common, expires: new Date(1000), maxAge: 0 });
    return;
  }
  const seconds = config.session.maxAge * 60;
  const lifetime = seconds > 0 ? { expires: new Date(Date.now() + seconds * 1000), maxAge: seconds } : {};
  setCookie(response, config.session.name, value, { ...common, ...lifetime });
}
