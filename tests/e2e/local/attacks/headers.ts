import { get, hostOf, http1, nameOf, originOf, page, plain, type Row, raw, script, toSignIn } from "./attempt.ts";

/** A request for another name than the connection was made for, or for none. */
const hosts: Row[] = [
  [get("jupyter", "/api/contents", script, { host: "evil.test" }), "421"],
  [get("jupyter", "/", page, { host: "evil.test:8443" }), "421"],
  [get("jupyter", "/api/contents", script, { host: "localhost" }), "421"],
  [get("jupyter", "/api/contents", script, { host: "127.0.0.1" }), "421"],
  [get("jupyter", "/api/contents", script, { host: "jupyter" }), "421"],
  [get("jupyter", "/api/contents", script, { host: "x.jupyter.lab.localhost" }), "404"],
  [get("jupyter", "/", page, { host: "whoami.lab.localhost" }), "404"],
  [get("jupyter", "/api/contents", script, { host: "jupyter.lab.localhost.evil.test" }), "421"],
  [get("jupyter", "/api/contents", script, { host: "_" }), "421"],
  [get("jupyter", "/api/contents", script, { host: "" }), "400"],
  [get("jupyter", "/api/contents", script, { host: null }), "400"],
  [get("jupyter", "/api/contents", script, { host: "jupyter.lab.localhost/" }), "400"],
  [get("jupyter", "/api/contents", script, { host: "jupyter.lab.localhost@evil.test" }), "400"],
  [get("jupyter", "/api/contents", script, { host: "evil.test/../jupyter.lab.localhost" }), "400"],
  [get("jupyter", "/api/contents", script, { host: "jupyter.lab.localhost evil.test" }), "400"],
  [get("jupyter", "/api/contents", script, { host: "[::1]" }), "421"],
  [get("jupyter", "/api/contents", script, { host: "jup\x00yter.lab.localhost" }), "400"],
  [get("jupyter", "/api/contents", script, { host: "jupyter.lab.localhost\\@evil.test" }), "400"],
  // The same name, written in another way.
  [get("jupyter", "/api/contents", script, { host: "JUPYTER.LAB.LOCALHOST" }), "401", "403"],
  [get("jupyter", "/api/contents", script, { host: "jupyter.lab.localhost." }), "401", "403"],
  [get("jupyter", "/api/contents", script, { host: "jupyter.lab.localhost:1" }), "401", "403"],
  [get("jupyter", "/", page, { host: "jupyter.lab.localhost:80" }), toSignIn("jupyter"), "403"],
  // Another name of the site, which answers.
  [get("jupyter", "/", page, { host: hostOf("phpdemo") }), toSignIn("phpdemo"), "403"],
  [get("phpdemo", "/api/contents", script, { host: hostOf("jupyter") }), "401", "403"],
  [get("front", "/api/contents", script, { host: hostOf("jupyter") }), "401", "403"],
  [get("vouch", "/api/contents", script, { host: hostOf("jupyter") }), "401", "403"],
  [get("dex", "/api/contents", script, { host: hostOf("jupyter") }), "401", "403"],
  [get("jupyter", "/validate", script, { host: hostOf("vouch") }), "404"],
  [get("jupyter", "/who", script, { host: hostOf("vouch") }), "404"],
  [get("jupyter", "/token", script, { host: hostOf("dex") }), "404"],
  // Two Host headers.
  [get("jupyter", "/api/contents", [...script, `Host: ${hostOf("jupyter")}`]), "400"],
  [get("jupyter", "/api/contents", [...script, "Host: evil.test"]), "400"],
  [get("jupyter", "/api/contents", [...script, "host: evil.test"]), "400"],
  [get("jupyter", "/api/contents", [...script, `Host : ${hostOf("jupyter")}`]), "400"],
  // The whole address in the first line.
  [get("jupyter", `${originOf("jupyter")}/api/contents`, script), "401", "403"],
  [get("jupyter", `http://${hostOf("jupyter")}/api/contents`, script), "401", "403"],
  [get("jupyter", `${originOf("phpdemo")}/`, page), toSignIn("phpdemo"), "403"],
  [get("phpdemo", `${originOf("jupyter")}/api/contents`, script), "401", "403"],
  [get("jupyter", "https://evil.test/", page), "421"],
  [get("jupyter", "http://vouch:9090/validate", script), "421"],
  [get("jupyter", "http://jupyter:8888/api/contents", script), "421"],
  [get("jupyter", "http://169.254.169.254/computeMetadata/v1/", script), "421"],
  [get("jupyter", "https://you@jupyter.lab.localhost/api/contents", script), "400"],
  [get("jupyter", "ftp://jupyter.lab.localhost/api/contents", script), "401", "403"],
  [get("jupyter", "https:///api/contents", script), "400"],
  [get("jupyter", "https://jupyter.lab.localhost", page), toSignIn("jupyter"), "403"],
  [get("jupyter", "//evil.test/api/contents", script), "401", "403"],
  [get("jupyter", `${originOf("jupyter")}/api/contents`, script, { host: null }), "400"],
];

/** A connection for a name that is not the site's. */
const serverNames: Row[] = [
  null,
  "evil.test",
  "whoami.lab.localhost.evil.test",
  "notlab.localhost",
  "localhost",
  "jupyter",
  "vouch",
].map((serverName): Row => [get("jupyter", "/", page, { serverName }), "refused"]);

/** A connection for an unknown name below the domain. It is good for what any other name of the site is good for. */
const unknownNames: Row[] = ["whoami.lab.localhost", "x.jupyter.lab.localhost"].flatMap((serverName): Row[] => [
  ...["/", "/api/contents", "/sso-return/x", "/sso-limits/too-many.json", "/healthy", "/unknown-name.html"].map(
    (path): Row => [get("jupyter", path, page, { serverName, host: serverName }), "404"],
  ),
  [get("jupyter", "/api/contents", script, { serverName, host: serverName }), "404"],
  [get("jupyter", "/", page, { serverName }), toSignIn("jupyter"), "403"],
  [get("jupyter", "/", page, { serverName, host: "evil.test" }), "421"],
  [plain(`GET / HTTP/1.1\r\nHost: ${serverName}:8080\r\nConnection: close\r\n\r\n`), "404"],
]);

/** Headers by which other programs identify the user or the URL. */
const spoofed: Row[] = [
  "X-Auth-User: you@example.com",
  "X_Auth_User: you@example.com",
  "X-Auth-Name: You",
  "X-Auth-Email: you@example.com",
  "X-Vouch-User: you@example.com",
  "X-Vouch-Success: true",
  "X-Vouch-Token: <token>",
  "X-Vouch-IdP-Claims-Email: you@example.com",
  "X_Vouch_IdP_Claims_Email: you@example.com",
  "X-Vouch-IdP-Claims-Email-Verified: true",
  "X-Door-Secret: x",
  "X-Session-Id: x",
  "X-Forwarded-For: 127.0.0.1",
  "X-Forwarded-For: 172.18.0.1, 127.0.0.1",
  "X-Forwarded-Host: evil.test",
  "X-Forwarded-Proto: http",
  "X-Forwarded-User: you@example.com",
  "X-Forwarded-Email: you@example.com",
  "X-Forwarded-Port: 8081",
  "X-Forwarded-Prefix: /who",
  "X-Real-IP: 127.0.0.1",
  "CF-Connecting-IP: 127.0.0.1",
  "True-Client-IP: 127.0.0.1",
  "Forwarded: for=127.0.0.1;host=localhost;proto=https",
  "X-Original-URL: /sso-sign-out",
  "X-Original-URI: /",
  "X-Rewrite-URL: /healthy",
  "X-HTTP-Method-Override: GET",
  "X-Accel-Redirect: /site/current/people.map",
  "X-Accel-Internal: /who",
  "X-Sendfile: /etc/passwd",
  "Remote-User: you@example.com",
  "REMOTE_USER: you@example.com",
  "X-Remote-User: you@example.com",
  "X-WEBAUTH-USER: you@example.com",
  "X-Auth-Request-Email: you@example.com",
  "X-Goog-Authenticated-User-Email: you@example.com",
  "X-MS-Client-Principal-Name: you@example.com",
  "Authorization: token x",
  "Authorization: Token ",
  "Authorization: Bearer <token>",
  "Authorization: Basic eW91QGV4YW1wbGUuY29tOng=",
  "Authorization: Negotiate x",
  "Authorization:",
  "Proxy-Authorization: Basic eDp4",
  "X-XSRFToken: x",
  "Sec-WebSocket-Protocol: v1.kernel.websocket.jupyter.org",
  "Connection: Cookie",
  "Connection: close, X-Auth-User, Host",
  "Keep-Alive: timeout=9999",
  "Proxy: http://evil.test",
  "Origin: https://evil.test",
  "Origin: null",
  `Referer: ${originOf("jupyter")}/lab`,
  "Accept-Encoding: gzip, br, \x00",
  "X-\xff: x",
  "Content-Type: application/json",
  "Service-Worker: script",
  "Upgrade-Insecure-Requests: 1",
].map((header): Row => {
  const invalid = header.includes("\0");
  return [get("jupyter", "/api/me", [...script, header]), invalid ? "400" : "401", invalid ? "400" : "403"];
});

/** Headers of browsers that name the origin of a request. */
const fetchMetadata: Row[] = (
  [
    [["navigate", "document", "none"], true],
    [["navigate", "document", "same-origin"], true],
    [["navigate", "document", "same-site"], true],
    [["navigate", "document", "cross-site"], true],
    [["navigate", "iframe", "same-origin"], false],
    [["navigate", "iframe", "cross-site"], false],
    [["navigate", "frame", "same-site"], false],
    [["navigate", "object", "same-origin"], false],
    [["navigate", "embed", "cross-site"], false],
    [["navigate", "fencedframe", "cross-site"], false],
    [["nested-navigate", "iframe", "cross-site"], false],
    [["no-cors", "image", "cross-site"], false],
    [["no-cors", "script", "same-site"], false],
    [["no-cors", "script", "cross-site"], false],
    [["cors", "empty", "same-site"], false],
    [["cors", "empty", "cross-site"], false],
    [["same-origin", "empty", "same-origin"], false],
    [["websocket", "websocket", "cross-site"], false],
    [["", "", "cross-site"], true],
    [["x", "y", "z"], false],
  ] as [[string, string, string], boolean][]
).flatMap(([[mode, dest, from], isPage]): Row[] => {
  const headers = [
    ...(mode ? [`Sec-Fetch-Mode: ${mode}`, `Sec-Fetch-Dest: ${dest}`] : []),
    `Sec-Fetch-Site: ${from}`,
    "Accept: text/html",
  ];
  return [
    [get("jupyter", "/lab", headers), isPage ? toSignIn("jupyter") : "401", "403"],
    [http1("phpdemo", "POST / HTTP/1.1", [...headers, "Content-Length: 0"]), "401", "403"],
  ];
});

const odd: Row[] = [
  [get("jupyter", "/api/me", [...script, " folded: x"]), "400"],
  [get("jupyter", "/api/me", [...script, "X-Long: a", "\tfolded"]), "400"],
  [get("jupyter", "/api/me", [...script, "no colon"]), "400"],
  [get("jupyter", "/api/me", [...script, ": empty"]), "400"],
  [get("jupyter", "/api/me", [...script, "X Y: z"]), "400"],
  [get("jupyter", "/api/me", [...script, "X-A: b\x00c"]), "400"],
  [get("jupyter", "/api/me", [...script, `X-Long: ${"a".repeat(32_000)}`]), "401", "403"],
  [get("jupyter", "/api/me", [...script, `X-Long: ${"a".repeat(33_000)}`]), "431"],
  ...(["jupyter", "phpdemo", "front", "vouch", "dex"] as const).map(
    (label): Row => [
      get(label, "/", [...script, ...Array.from({ length: 70 }, (_, n) => `X-${n}: ${"a".repeat(1000)}`)]),
      "431",
    ],
  ),
  [raw("jupyter", "\r\n\r\nGET /api/me HTTP/1.1\r\n<host><cookie>Connection: close\r\n\r\n"), "401", "403"],
  [raw("jupyter", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), "400"],
  [raw("jupyter", "\x00\x00\x00\x00\r\n\r\n"), "400"],
];

/** The port that browsers try first: it redirects the site's own names, and nothing else answers there. */
const redirects: Row[] = [
  ...(["jupyter", "phpdemo", "vouch", "dex", "front"] as const).map(
    (label): Row => [
      plain(`GET /x?y=1 HTTP/1.1\r\nHost: ${nameOf(label)}:8080\r\nConnection: close\r\n\r\n`),
      `301 ${label}:/x?y=1`,
    ],
  ),
  [plain("GET / HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n"), "closed"],
  [plain("GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: close\r\n\r\n"), "closed"],
  [plain("GET / HTTP/1.0\r\n\r\n"), "closed"],
  [plain("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), "400"],
  [plain("GET /healthy HTTP/1.1\r\nHost: 127.0.0.1:8081\r\nConnection: close\r\n\r\n"), "closed"],
  [plain("GET http://evil.test/ HTTP/1.1\r\nHost: jupyter.lab.localhost\r\nConnection: close\r\n\r\n"), "closed"],
  [
    plain("GET http://jupyter.lab.localhost/x HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n"),
    "301 jupyter:/x",
  ],
  [plain("GET //evil.test/ HTTP/1.1\r\nHost: lab.localhost\r\nConnection: close\r\n\r\n"), "301 front://evil.test/"],
  [
    plain("GET /%0d%0aSet-Cookie:x HTTP/1.1\r\nHost: lab.localhost\r\nConnection: close\r\n\r\n"),
    "301 front:/%0d%0aSet-Cookie:x",
  ],
  [plain("TRACE / HTTP/1.1\r\nHost: lab.localhost\r\nConnection: close\r\n\r\n"), "405"],
  [plain("CONNECT vouch:9090 HTTP/1.1\r\nHost: vouch:9090\r\nConnection: close\r\n\r\n"), "405"],
  [plain("POST / HTTP/1.1\r\nHost: lab.localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), "301 front:/"],
  [
    plain(
      "GET /api/me HTTP/1.1\r\nHost: jupyter.lab.localhost\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n",
    ),
    "301 jupyter:/api/me",
  ],
  [plain("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "400"],
];

export const headers: Row[] = [
  ...hosts,
  ...serverNames,
  ...unknownNames,
  ...spoofed,
  ...fetchMetadata,
  ...odd,
  ...redirects,
];
