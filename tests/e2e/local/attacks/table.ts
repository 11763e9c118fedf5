import type { Row } from "./attempt.ts";
import { connections } from "./connections.ts";
import { cookies } from "./cookies.ts";
import { headers } from "./headers.ts";
import { http2Rows } from "./http2.ts";
import { paths } from "./paths.ts";
import { signIn } from "./signIn.ts";

/** Attempts for every path and form of a request from outside, by kind. */
export const table: Record<string, Row[]> = {
  "methods and paths": paths,
  "hosts, headers and the port that redirects": headers,
  cookies,
  "WebSockets, hidden requests, bodies": connections,
  "sign-in": signIn,
  "HTTP/2": http2Rows,
};
