import { hostOf, http2, type Row, toSignIn } from "./attempt.ts";

const script = { "sec-fetch-mode": "cors" };
const page = { "sec-fetch-mode": "navigate", accept: "text/html" };

export const http2Rows: Row[] = [
  [http2("jupyter", page), toSignIn("jupyter"), "403"],
  [http2("jupyter", { ...script, ":path": "/api/contents" }), "401", "403"],
  ...["POST", "PUT", "DELETE", "PATCH", "OPTIONS"].map(
    (method): Row => [http2("jupyter", { ...script, ":method": method, ":path": "/api/contents/x" }), "401", "403"],
  ),
  [http2("jupyter", { ...script, ":method": "TRACE" }), "405"],
  // For another name than the connection's.
  [http2("jupyter", { ...script, ":authority": "evil.test" }), "421"],
  [http2("jupyter", { ...page, ":authority": hostOf("phpdemo") }), toSignIn("phpdemo"), "403"],
  [http2("phpdemo", { ...script, ":authority": hostOf("jupyter"), ":path": "/api/contents" }), "401", "403"],
  [http2("jupyter", { ...script, host: hostOf("phpdemo") }), "400"],
  [http2("jupyter", { ...script, host: "evil.test" }), "400"],
  [http2("jupyter", { ...script, host: hostOf("jupyter") }), "401", "403"],
  [http2("jupyter", { ...script, ":authority": "", host: hostOf("jupyter") }), "401", "403"],
  [http2("jupyter", { ...script, ":authority": "", host: "evil.test" }), "421"],
  [http2("jupyter", { ...script, ":scheme": "http" }), "401", "403"],
  [http2("jupyter", { ...script, ":scheme": "ftp" }), "401", "403"],
  // Paths.
  [http2("jupyter", { ...script, ":path": "/../api/contents" }), "400"],
  [http2("jupyter", { ...script, ":path": "api/contents" }), "400"],
  [http2("jupyter", { ...script, ":path": "*" }), "400"],
  [http2("front", { ...script, ":path": "/sso-disk" }), "404"],
  [http2("jupyter", { ...script, ":path": "https://jupyter.lab.localhost/api/contents" }), "400"],
  [http2("jupyter", { ...script, ":path": "/api/contents%00" }), "400"],
  [http2("jupyter", { ...page, ":path": "//evil.test" }), toSignIn("jupyter"), "403"],
  // Cookies in crumbs.
  [http2("jupyter", { ...script, cookie: ["a=b", "__Host-session=x"] }, false), "401"],
  [http2("jupyter", { ...script, cookie: ["__Host-session=x", "__Host-session=y"] }, false), "401"],
  [http2("jupyter", { ...script, cookie: ["VouchCookie_1of9000000000=x"] }, false), "401"],
  [http2("jupyter", { ...script, cookie: ["__Host-", "session=x"] }, false), "401"],
  [http2("jupyter", { ...script, cookie: ["a=b", "__Host-session=<token>", "c=d"] }, false), "401", "403"],
  [http2("jupyter", { ...script, cookie: ["__Host-session=<token>", "__Host-session=x"] }, false), "401", "403"],
  [http2("jupyter", { ...script, cookie: ["__Host-session=x", "__Host-session=<token>"] }, false), "401"],
  [http2("jupyter", { ...script, cookie: ["x=__Host-session=<token>"] }, false), "401"],
  [http2("jupyter", { ...script, cookie: ["__Host-", "session=<token>"] }, false), "401"],
  // Headers.
  [http2("jupyter", { ...script, "x-auth-user": "you@example.com" }), "401", "403"],
  [http2("jupyter", { ...script, "x-vouch-idp-claims-email": "you@example.com" }), "401", "403"],
  [http2("jupyter", { ...script, authorization: "token x" }), "401", "403"],
  [http2("jupyter", { ...script, "content-length": "5" }), "400"],
  [http2("jupyter", { ...script, te: "trailers" }), "401", "403"],
  [http2("jupyter", { ...script, "x-long": "a".repeat(9000) }), "401", "403"],
  [http2("jupyter", { ...script, "x-long": "a".repeat(20_000) }), "401", "403"],
  [http2("jupyter", { ...script, "x-long": "~".repeat(50_000) }), ["closed", "reset"]],
  ...(["jupyter", "phpdemo", "front", "vouch", "dex"] as const).map(
    (label): Row => [
      http2(label, { ...script, cookie: Array.from({ length: 9 }, (_, n) => `c${n}=${"x".repeat(3900)}`) }, false),
      "431",
    ],
  ),
  [http2("front", page), toSignIn("front"), "403"],
  [http2("front", { ...script, ":path": `/sso-return/${"0".repeat(32)}` }), "401", "302 /"],
  [http2("phpdemo", { ...script, ":method": "POST" }), "401", "403"],
  [http2("vouch", { ...script, ":path": "/validate" }), "404"],
  [http2("vouch", { ...script, ":path": "/who" }), "404"],
  [http2("dex", { ...script, ":path": "/token" }), "404"],
  [http2("dex", { ...script, ":path": "/keys" }), "200"],
];
