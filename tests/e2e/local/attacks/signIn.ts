import { get, hostOf, http1, type Label, nameOf, originOf, page, type Row, script } from "./attempt.ts";

const hash = "A".repeat(43);
const attempt = "0123456789abcdef0123456789abcdef";
const enterPath = `/enter/jupyter.lab.localhost/${attempt}/${hash}`;
const returnPath = `${enterPath}/${hash}`;
const returnTo = `${originOf("vouch")}${returnPath}`;
const otherHosts = [
  "evil.test",
  "vouch.lab.localhost",
  "dex.lab.localhost",
  "lab.localhost.evil.test",
  "xlab.localhost",
];
const dexAsked =
  "302 dex:/auth?client_id=vouch&code_challenge=&code_challenge_method=S256&redirect_uri=https%3A%2F%2Fvouch.lab.localhost%3A8443%2Fauth&response_type=code&scope=openid+email+profile&state=";

/** The URL after sign-in: Vouch must redirect only to exact URLs of the gate. */
const returns: Row[] = [
  "",
  "https://evil.test/",
  "//evil.test/",
  returnPath,
  "javascript:alert(1)",
  "data:text/html,x",
  `https://evil.lab.localhost:8443${returnPath}`,
  `https://lab.localhost.evil.test${returnPath}`,
  `https://evil.test/lab.localhost:8443${returnPath}`,
  // A dot matches only a dot, and each part has its length.
  returnTo.replace("vouch.lab", "vouchxlab"),
  returnTo.replace("vouch.lab", "vouch%2elab"),
  `${originOf("vouch")}${enterPath}`,
  `${originOf("vouch")}/enter`,
  `${originOf("vouch")}/enter/`,
  `${originOf("jupyter")}${returnPath}`,
  `${originOf("jupyter")}/sso-return/${attempt}`,
  returnTo.replace(attempt, attempt.slice(1)),
  returnTo.replace(attempt, `${attempt}0`),
  returnTo.replace(attempt, attempt.replace("f", "g")),
  returnTo.replace("jupyter.lab", "jupyter/lab"),
  returnTo.replace("jupyter.lab", "..%2flab"),
  `${returnTo}0`,
  returnTo.slice(0, -1),
  `${returnTo.slice(0, -1)}!`,
  returnTo.toUpperCase(),
  `x${returnTo}`,
  `${returnTo}%0a`,
  `${returnTo},https://evil.test/`,
  `${returnTo};x`,
  `${originOf("vouch")}/enter/../..//evil.test`,
  `${originOf("jupyter")}/other`,
  `${originOf("jupyter")}/`,
  originOf("jupyter"),
  `${returnTo}/`,
  `${returnTo}?x=1`,
  `${returnTo}%3Fx=1`,
  `${returnTo}%23x`,
  `${returnTo}%2F..`,
  `${returnTo}%0d%0aX:%20y`,
  `${returnTo}%00`,
  `${returnTo}%20`,
  returnTo.replace("https:", "http:"),
  returnTo.replace(":8443", ""),
  returnTo.replace(":8443", ":443"),
  returnTo.replace("https://", "https://x@"),
  returnTo.replace("https://", "https:"),
  returnTo.replace("https://", "https:/"),
  returnTo.replace("https://", "https:\\\\"),
  encodeURIComponent(returnTo),
  `${originOf("vouch")}/logout`,
  `${originOf("dex")}/auth`,
  "x".repeat(5000),
].map((url): Row => [get("vouch", `/login?url=${url}`, page), "400"]);

const begun: Row[] = [
  [get("vouch", `/login?url=${returnTo}`, page), dexAsked],
  [get("vouch", `/login?url=${returnTo}&url=https://evil.test/`, page), dexAsked],
  [get("vouch", `/login?url=https://evil.test/&url=${returnTo}`, page), "400"],
  [get("vouch", `/login?x=1&url=${returnTo}`, page), dexAsked],
  [get("vouch", `/login?URL=${returnTo}`, page), dexAsked],
  [get("vouch", `/login?ur%6c=${returnTo}`, page), "400"],
  [get("vouch", `/login?url=${returnTo}&login_hint=you@example.com&error=x`, page), dexAsked],
  [http1("vouch", `POST /login?url=${returnTo} HTTP/1.1`, [...page, "Content-Length: 0"]), "405"],
  // The gate refuses the host name, also after the sign-in.
  [get("vouch", `/login?url=${returnTo.replace("jupyter.lab.localhost", "evil.test")}`, page), dexAsked],
  [get("vouch", "/login", page), "400"],
  [get("vouch", "/login/", page), "404"],
];

/** The gate, which hands a session over only to host names of the site; those check the allow list again. */
const entering: Row[] = [
  ...["jupyter", "phpdemo", "front"].flatMap((label): Row[] => {
    const host = nameOf(label as Label);
    const path = enterPath.replace("jupyter.lab.localhost", host);
    const pass = `302 ${label}:/sso-return/=?pass=`;
    return [
      [get("vouch", path, page), `302 vouch:/login?url=vouch:/enter/${host}/=`, pass],
      [get("vouch", path, script), `302 vouch:/login?url=vouch:/enter/${host}/=`, pass],
      [get("vouch", `${path}/${hash}`, page), "401", pass],
      [get("vouch", `${path}/${hash}`, [...page, "Cookie: __Host-nonce=x"], { cookie: false }), "401"],
    ];
  }),
  ...otherHosts.flatMap((host): Row[] => [
    [get("vouch", enterPath.replace("jupyter.lab.localhost", host), page), "404"],
    [get("vouch", returnPath.replace("jupyter.lab.localhost", host), page), "404"],
  ]),
  ...[
    "/enter",
    "/enter/",
    "/enter/x",
    `${enterPath}/`,
    `${enterPath}/x`,
    enterPath.slice(0, -1),
    `${enterPath}A`,
    `${returnPath}/`,
    `${returnPath}A`,
    enterPath.replace(attempt, attempt.toUpperCase()),
    enterPath.replace("jupyter.lab.localhost", "JUPYTER.lab.localhost"),
    enterPath.replace("jupyter.lab.localhost", "jupyter.lab.localhost:8443"),
    enterPath.replace("jupyter.lab.localhost", "jupyter.lab.localhost%0d%0aX:y"),
    enterPath.replace("jupyter.lab.localhost", "jupyter.lab.localhost%00"),
    enterPath.replace("jupyter.lab.localhost", "you@jupyter.lab.localhost"),
  ].map((path): Row => [get("vouch", path, page), path.includes("%00") ? "400" : "404"]),
];

/** Callbacks of the identity provider without a sign-in there. */
const back: Row[] = [
  "/auth",
  "/auth?state=abcdefghijklmnopqrst",
  "/auth?code=C",
  "/auth?error=access_denied",
  "/auth?state=../../x&code=C",
  "/auth?state=..%2f..%2fx&code=C",
  "/auth?state=%2e%2e&code=C",
  "/auth?state=abcdefghijklmnopqrst/../x&code=C",
  "/auth?state=a&code=C",
  "/auth?state=&state=abcdefghijklmnopqrst&code=C",
  "/auth?state=abcdefghijklmnopqrst%0d%0aX:y&code=C",
  `/auth?state=${"a".repeat(65)}&code=C`,
  "/auth/abcdefghijklmnopqrst/",
  "/auth/abcdefghijklmnopqrst/?code=C&state=abcdefghijklmnopqrst",
  "/auth/abcdefghijklmnopqrst/?code=C&state=other",
  "/auth/../validate?x",
].map((path): Row => {
  const goesOn = /^\/auth\?(?:code=C&)?state=abcdefghijklmnopqrst$/.test(path);
  if (path.includes("validate")) return [get("vouch", path, page), "404"];
  return goesOn
    ? [get("vouch", path, page), "302 /auth/abcdefghijklmnopqrst/?state="]
    : [get("vouch", path, page), "400"];
});

/** Vouch's other paths, which are not public. */
const vouchsOwn: Row[] = [
  "/",
  "/validate",
  "/validate/",
  "/validate?x",
  "/who",
  "/who/",
  "/who?x",
  "/%77ho",
  "/x/../who",
  "/sessions/end?person=you@example.com",
  "/sso-sign-out-everywhere",
  "/sso-sign-out/",
  "/%76alidate",
  "//validate",
  "/x/../validate",
  "/_external-auth-1",
  "/healthcheck",
  "/static/css/main.css",
  "/static/",
  "/debug/pprof/",
  "/metrics",
  "/logoutx",
  "/signed-out.html",
  "/sign-in-failed.html",
  "/sign-in-down.html",
  "/not-allowed.html",
  "/no-session.html",
  "/sso-return",
].map((path): Row => [get("vouch", path, script), "404"]);

const refused: Row[] = [
  [get("vouch", "/auth?error=%3Cscript%3E&state=abcdefghijklmnopqrst", page), "401"],
  [get("vouch", "/auth%2fx", script), "301 /auth/x/"],
  [get("vouch", "/auth/x/", script), "400"],
];

const out: Row[] = [
  [get("vouch", "/logout", page), "302 vouch:/signed-out"],
  [get("vouch", "/sso-sign-out", page), "302 vouch:/signed-out"],
  [get("vouch", "/sso-sign-out", [...page, "Sec-Fetch-Site: cross-site"]), "403"],
  [get("vouch", "/logout?url=https://evil.test/", page), "302 vouch:/signed-out"],
  [get("vouch", "/logout?url=%0d%0aX:y", page), "302 vouch:/signed-out"],
  [get("vouch", "/logout", [...page, "Sec-Fetch-Site: same-site"]), "302 vouch:/signed-out"],
  [get("vouch", "/logout", [...page, "Sec-Fetch-Site: cross-site"]), "403"],
  [get("vouch", "/logout", ["Sec-Fetch-Mode: no-cors", "Sec-Fetch-Site: same-site"]), "403"],
  [get("vouch", "/logout", ["Sec-Fetch-Mode: no-cors", "Sec-Fetch-Site: cross-site"]), "403"],
  [get("vouch", "/signed-out", page), "200"],
  [http1("vouch", "POST /signed-out HTTP/1.1", [...page, "Content-Length: 0"]), "405"],
  [http1("vouch", "TRACE /logout HTTP/1.1", page), "405"],
];

/** Dex: only the paths for a sign-in, and no tokens. */
const dexs: Row[] = [
  [get("dex", "/.well-known/openid-configuration", script), "200"],
  [get("dex", "/keys", script), "200"],
  ...[
    "/",
    "/token",
    "/token/introspect",
    "/userinfo",
    "/device",
    "/device/code",
    "/device/token",
    "/device/callback",
    "/device/auth/verify_code",
    "/callback",
    "/callback/local",
    "/callback/..%2fkeys",
    "/callback%2f..%2fkeys",
    "/auth%2flocal",
    "/auth/local%2flogin?back=&state=x",
    "/auth/..%2ftoken",
    "/auth/../token",
    "/auth//local",
    "//keys",
    "/%6beys",
    "/keys/",
    "/x/../keys",
    "/./keys",
    "/healthz",
    "/healthz/live",
    "/metrics",
    "/api/v1",
    "/debug/pprof/",
    "/.well-known/",
    "/.well-known/openid-configuration/",
    "/static/../token",
    "/sign-in-failed.html",
    "/sign-in-down.html",
    "/signed-out",
  ].map((path): Row => [get("dex", path, script), "404"]),
  [
    http1("dex", "POST /token HTTP/1.1", ["Content-Type: application/x-www-form-urlencoded", "Content-Length: 29"], {
      body: "grant_type=client_credentials",
    }),
    "404",
  ],
  [get("dex", `/auth?client_id=vouch&state=${"x".repeat(1600)}`, page), "414"],
  [get("dex", "/static/..%2f..%2fetc%2fdex%2fconfig.yaml", script), "400"],
  [get("dex", "/theme/..%2f..%2fconfig.yaml", script), "400"],
  // Dex checks the client only in the next step.
  [get("dex", "/auth", page), "302 /auth/local"],
  [get("dex", "/auth/local", page), "404"],
  [get("dex", "/auth/local?client_id=other&response_type=code&redirect_uri=https://evil.test/", page), "404"],
  [
    get(
      "dex",
      "/auth/local?client_id=vouch&response_type=code&scope=openid&state=x&redirect_uri=https://evil.test/",
      page,
    ),
    "400",
  ],
  [get("dex", "/auth/local/login?back=&state=unknown", page), "400"],
  [get("dex", "/auth/nothing", page), "404"],
  [get("dex", "/approval?req=unknown&hmac=x", page), "401"],
  [get("dex", "/approval?req=unknown&hmac=eHg", page), "500"],
  [get("dex", "/approval", page), "401"],
  [get("dex", "/static/main.css", script, { host: hostOf("dex") }), "200"],
  [http1("dex", "TRACE /keys HTTP/1.1", script), "405"],
];

export const signIn: Row[] = [...returns, ...begun, ...entering, ...back, ...vouchsOwn, ...refused, ...out, ...dexs];
