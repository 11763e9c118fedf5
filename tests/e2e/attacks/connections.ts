import { get, http1, page, type Row, raw, script, toSignIn } from "./attempt.ts";

const upgrade = ["Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];
/** The connection ends after the answer, if there is one. */
const asking = { connection: "Upgrade" };
const sockets: Row[] = [
  "/api/kernels/00000000-0000-0000-0000-000000000000/channels",
  "/api/kernels/00000000-0000-0000-0000-000000000000/channels?session_id=x&token=x",
  "/terminals/websocket/1",
  "/api/events/subscribe",
  "/lsp/ws/pylsp",
  "/api/collaboration/room/json:notebook:x",
  "/api/yjs/x",
  "/lab",
  "/",
  "/sso-return",
].map((path): Row => [get("jupyter", path, upgrade, asking), "401, waits", "403, waits"]);

const oddSockets: Row[] = [
  ["Upgrade: websocket", "Connection: Upgrade"],
  ["Upgrade: WebSocket", "Sec-WebSocket-Version: 13"],
  ["Upgrade: websocket", "Sec-WebSocket-Version: 0"],
  ["Upgrade: websocket, h2c"],
  ["Upgrade: websocket", "Upgrade: h2c"],
  ["Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"],
  ["Upgrade: HTTP/2.0"],
  ["Upgrade: TLS/1.2"],
  ["Upgrade: foo"],
  ["Upgrade: "],
  [...upgrade, "Origin: https://evil.test"],
  [...upgrade, "Sec-WebSocket-Protocol: <token>"],
  [...upgrade, "Sec-WebSocket-Extensions: permessage-deflate"],
  [...upgrade, "Sec-Fetch-Site: cross-site"],
].flatMap((headers): Row[] => [
  [get("jupyter", "/terminals/websocket/1", headers, { connection: "Upgrade, close" }), "401", "403"],
  [get("phpdemo", "/", [...headers, "Sec-Fetch-Mode: websocket"], { connection: "Upgrade, close" }), "401", "403"],
]);
const postedSockets: Row[] = [
  [
    http1("jupyter", "POST /terminals/websocket/1 HTTP/1.1", [...upgrade, "Content-Length: 0"], asking),
    "401, waits",
    "403, waits",
  ],
  // Frames right after a handshake that fails: they are not requests.
  [
    raw(
      "jupyter",
      `GET /terminals/websocket/1 HTTP/1.1\r\n<host><cookie>Connection: Upgrade\r\n${upgrade.join("\r\n")}\r\n\r\n\x81\x85\x00\x00\x00\x00hello`,
    ),
    "401, 400",
    "403, 400",
  ],
];

/** A request that hides another one: a program behind nginx could read `next` as a second request. */
const next = "GET /api/contents HTTP/1.1\r\n<host><cookie>Connection: close\r\n\r\n";
const start = "POST /api/contents HTTP/1.1\r\n<host><cookie>";
const smuggled: Row[] = [
  // Two requests sent at once are two requests.
  [raw("jupyter", `GET /api/me HTTP/1.1\r\n<host><cookie>\r\n${next}`), "401, 401", "403, 403"],
  [
    raw("jupyter", `GET /api/me HTTP/1.1\r\n<host><cookie>\r\n${next.replace("<host>", "Host: evil.test\r\n")}`),
    "401, 421",
    "403, 421",
  ],
  [raw("jupyter", `GET /api/me HTTP/1.1\r\n<host><cookie>\r\n${next.replace("<cookie>", "")}`), "401, 401", "403, 401"],
  // Length and chunks together, in every order.
  [raw("jupyter", `${start}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX`), "400"],
  [raw("jupyter", `${start}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nX`), "400"],
  [raw("jupyter", `${start}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n5c\r\n${next}\r\n0\r\n\r\n`), "400"],
  [raw("jupyter", `${start}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${next}`), "400"],
  [raw("jupyter", `${start}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${next}`), "400"],
  ...[
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: identity, chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: x",
  ].map((header): Row => [raw("jupyter", `${start}${header}\r\n\r\n0\r\n\r\n${next}`), "501"]),
  [raw("jupyter", `${start}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${next}`), "400"],
  [raw("jupyter", `${start} Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${next}`), "400"],
  [raw("jupyter", `${start}X: x\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${next}`), "401, 401", "403, 403"],
  [raw("jupyter", `${start}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${next}`), "400"],
  [raw("jupyter", `${start}Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n${next}`), "501"],
  [raw("jupyter", `${start}Transfer_Encoding: chunked\r\n\r\n${next}`), "401, 401", "403, 403"],
  [raw("jupyter", `${start}TRANSFER-ENCODING: CHUNKED\r\n\r\n0\r\n\r\n${next}`), "401, 401", "403, 403"],
  // Invalid or several lengths.
  ...["-1", "+1", "0x1", "1, 1", "a", "", "99999999999999999999", "1 1"].map(
    (length): Row => [raw("jupyter", `${start}Content-Length: ${length}\r\n\r\n${next}`), "400"],
  ),
  [raw("jupyter", `${start}Content-Length: 0\r\nContent-Length: 5\r\n\r\n${next}`), "400"],
  [raw("jupyter", `${start}Content-Length: 0\r\nContent-Length: 0\r\n\r\n${next}`), "400"],
  [raw("jupyter", `${start}Content-Length: 0\r\n\r\n${next}`), "401, 401", "403, 403"],
  [raw("jupyter", `${start}Content-Length : 0\r\n\r\n${next}`), "400"],
  [raw("jupyter", `${start}Content_Length: 500\r\n\r\n${next}`), "401, 401", "403, 403"],
  // Invalid chunks.
  ...["0;x=y", "0 ;x", "00000000", "0;\x0b"].map(
    (size): Row => [
      raw("jupyter", `${start}Transfer-Encoding: chunked\r\n\r\n${size}\r\n\r\n${next}`),
      "401, 401",
      "403, 403",
    ],
  ),
  ...["g", "-1", "0x0", "ffffffffffffffff1"].map(
    (size): Row => [raw("jupyter", `${start}Transfer-Encoding: chunked\r\n\r\n${size}\r\n\r\n${next}`), "400"],
  ),
  [raw("jupyter", `${start}Transfer-Encoding: chunked\r\n\r\n1\r\nXX0\r\n\r\n${next}`), "400"],
  // A body in a request without one.
  [raw("jupyter", `GET /api/me HTTP/1.1\r\n<host><cookie>Content-Length: 44\r\n\r\n${next}`), "401, 400", "403, 400"],
  [raw("jupyter", `GET /api/me HTTP/1.1\r\n<host><cookie>Content-Length: 3\r\n\r\nabc${next}`), "401, 401", "403, 403"],
  [
    raw("jupyter", `HEAD /api/me HTTP/1.1\r\n<host><cookie>Content-Length: 3\r\n\r\nabc${next}`),
    "401, 401",
    "403, 403",
  ],
  // Line ends.
  [raw("jupyter", next.replaceAll("\r\n", "\n")), "401", "403"],
  [raw("jupyter", `GET /api/me HTTP/1.1\n${"<host><cookie>Connection: close"}\n\n`), "401", "403"],
  [raw("jupyter", `GET /api/me HTTP/1.1\r${next}`), "400"],
  [raw("jupyter", `GET /api/me HTTP/1.1\r\n<host><cookie>X: a\rY: b\r\nConnection: close\r\n\r\n`), "400"],
  // Versions.
  [raw("jupyter", "GET /\r\n"), "421 without a head"],
  [raw("jupyter", "GET /api/contents HTTP/1.0\r\n\r\n"), "421"],
  [raw("jupyter", "GET /api/contents HTTP/1.0\r\n<host><cookie>\r\n"), "401", "403"],
  [raw("jupyter", "GET /api/contents HTTP/0.9\r\n<host><cookie>\r\n"), "400"],
  [raw("jupyter", "GET /api/contents HTTP/1.2\r\n<host><cookie>Connection: close\r\n\r\n"), "401", "403"],
  [raw("jupyter", "GET /api/contents HTTP/2.0\r\n<host><cookie>\r\n"), "505"],
  [raw("jupyter", "GET /api/contents HTTP/3.0\r\n<host><cookie>\r\n"), "505"],
  [raw("jupyter", "GET /api/contents HTTP/9.9\r\n<host><cookie>\r\n"), "505"],
  [raw("jupyter", "GET /api/contents HTTP/1\r\n<host><cookie>\r\n"), "400"],
  [raw("jupyter", "GET /api/contents http/1.1\r\n<host><cookie>\r\n"), "400"],
  [raw("jupyter", "GET /api/contents\tHTTP/1.1\r\n<host><cookie>\r\n"), "400"],
  [raw("jupyter", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "400"],
  [raw("phpdemo", `${start}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX`), "400"],
  [raw("front", `${start}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX`), "400"],
  [raw("dex", "POST /auth HTTP/1.1\r\n<host>Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX"), "400"],
  [
    raw("vouch", "POST /logout HTTP/1.1\r\n<host>Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX"),
    "400",
  ],
];

/** Bodies: none is read before the user is identified. */
const bodies: Row[] = [
  [http1("jupyter", "PUT /api/contents/x HTTP/1.1", [...script, "Content-Length: 5"], { body: "12345" }), "401", "403"],
  [http1("jupyter", "GET /api/contents HTTP/1.1", [...script, "Content-Length: 5"], { body: "12345" }), "401", "403"],
  [
    http1("jupyter", "PUT /api/contents/x HTTP/1.1", [...script, "Content-Length: 1000000000"], { body: "1" }),
    "413, waits",
  ],
  [
    http1("jupyter", "PUT /api/contents/x HTTP/1.1", [...script, "Content-Length: 100000000"], { body: "1" }),
    "401, waits",
    "403, waits",
  ],
  [
    http1("jupyter", "PUT /api/contents/x HTTP/1.1", [...script, "Content-Length: 100000"], {
      body: "x".repeat(100_000),
    }),
    "401",
    "403",
  ],
  [
    http1("jupyter", "PUT /api/contents/x HTTP/1.1", [...script, "Transfer-Encoding: chunked"], {
      body: "5\r\n12345\r\n",
    }),
    "401, waits",
    "403, waits",
  ],
  [http1("front", "POST / HTTP/1.1", [...page, "Content-Length: 2000000"], { body: "1" }), "413, waits"],
  [http1("dex", "POST /auth/local/login HTTP/1.1", [...page, "Content-Length: 20000"], { body: "1" }), "413, waits"],
  [http1("vouch", "POST /logout HTTP/1.1", [...page, "Content-Length: 2000000"], { body: "1" }), "413, waits"],
  [
    http1("jupyter", "POST /api/kernels HTTP/1.1", [...script, "Content-Type: application/json", "Content-Length: 2"], {
      body: "{}",
    }),
    "401",
    "403",
  ],
  [http1("jupyter", "POST /api/terminals HTTP/1.1", [...script, "Content-Length: 0"]), "401", "403"],
  [
    http1("jupyter", "POST /api/terminals HTTP/1.1", [
      "Content-Type: text/plain",
      "Content-Length: 0",
      "Sec-Fetch-Mode: no-cors",
      "Sec-Fetch-Site: cross-site",
    ]),
    "401",
    "403",
  ],
  [
    http1(
      "phpdemo",
      "POST / HTTP/1.1",
      [...page, "Content-Type: application/x-www-form-urlencoded", "Content-Length: 26"],
      { body: "wine=intruder&cheese=x&x=1" },
    ),
    "401",
    "403",
  ],
  [get("jupyter", "/", page), toSignIn("jupyter"), "403"],
];

export const connections: Row[] = [...sockets, ...oddSockets, ...postedSockets, ...smuggled, ...bodies];
