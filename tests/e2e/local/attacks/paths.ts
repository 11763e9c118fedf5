import { get, http1, type Label, page, type Row, raw, script, toSignIn } from "./attempt.ts";

const behindTheDoor: Label[] = ["jupyter", "phpdemo", "front"];

/** Every method, at every name behind the door. */
const methods: Row[] = behindTheDoor.flatMap((label): Row[] => [
  ...["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "MKCOL", "REPORT", "PURGE", "FOO"].map(
    (method): Row => [http1(label, `${method} /api/contents/x.ipynb HTTP/1.1`, page), "401", "403"],
  ),
  [http1(label, "GET / HTTP/1.1", page), toSignIn(label), "403"],
  [http1(label, "HEAD / HTTP/1.1", page), toSignIn(label), "403"],
  [http1(label, "HEAD / HTTP/1.1", script), "401", "403"],
  [http1(label, "TRACE / HTTP/1.1", page), "405"],
  [http1(label, "CONNECT / HTTP/1.1", page), "400"],
  [http1(label, "CONNECT vouch:9090 HTTP/1.1", page), "405"],
  [http1(label, "get / HTTP/1.1", page), "400"],
  [http1(label, "G\xc9T / HTTP/1.1", page), "400"],
]);

/** Requests of scripts only, which are not redirected. */
const forScripts: Row[] = [
  "/api",
  "/api/me",
  "/api/status",
  "/api/contents",
  "/api/contents/marker.txt",
  "/api/contents/marker.txt?content=1",
  "/api/kernels",
  "/api/terminals",
  "/api/sessions",
  "/api/kernelspecs",
  "/api/config/notebook",
  "/api/nbconvert",
  "/api/spec.yaml",
  "/api/shutdown",
  "/api/security/csp-report",
  "/files/marker.txt",
  "/files/marker.txt?download=1",
  "/view/marker.txt",
  "/nbconvert/html/welcome.ipynb",
  "/nbconvert/html/welcome.ipynb?download=true",
  "/edit/marker.txt",
  "/terminals/1",
  "/lab",
  "/lab/api/settings",
  "/lab/api/workspaces/default",
  "/lab/api/translations/en",
  "/lab/extensions/x/static/remoteEntry.js",
  "/lsp/status",
  "/static/favicons/favicon.ico",
  "/static/lab/index.html",
  "/custom/custom.css",
  "/metrics",
  "/login",
  "/api/me?token=x",
  "/api/me?access_token=x",
].map((path): Row => [get("jupyter", path, script), "401", "403"]);

/** The answer for a path: a redirect to sign in if a cookie can hold the path, else 401 with a page that waits. */
const signInFor = (path: string) => (/[;\\#<"\x80-\xff]|^.{3800}/.test(path) ? "401" : toSignIn("jupyter"));

/** Paths in unusual spellings, which are behind the same door. */
const spellings: Row[] = [
  "/files/%252e%252e%252fetc",
  "//",
  "///api/contents",
  "//api/contents",
  "/api//contents",
  "/./api/contents",
  "/x/../api/contents",
  "/x/%2e%2e/api/contents",
  "/api/contents;x=1",
  "/api;/contents",
  "/api/contents/",
  "/api/contents/.",
  "/api%2fcontents",
  "/%61pi/contents",
  "/api/contents%23",
  "/api/contents%3f",
  "/api/contents%20",
  "/api/contents%0d%0aX:1",
  "/api/contents\\..\\..",
  "/\\evil.test/",
  "/%5cevil.test",
  "/api/contents?%00",
  "/api/contents#x",
  "/API/contents",
  "/sso-return/../api/contents",
  "/sso-return/",
  "/sso-returnx",
  "/sso-validate/",
  "/sso-validatex",
  "/sso-sign-outx",
  "/sso-return%2f",
  "/@allow",
  "/@deny",
  "/%40allow",
  "/.none",
  "/@sign_in_api",
  "/healthy",
  "/door",
  "/knock",
  "/site/current/nginx.conf",
  "/site/current/people.map",
  "/.git/config",
  "/.well-known/acme-challenge/x",
  "/robots.txt",
  "/favicon.ico",
  "/index.html",
  "/not-allowed.html",
  "/sign-in-failed.html",
  "/signed-out",
  "/nginx_status",
  `/${"a".repeat(1000)}`,
  `/${"a".repeat(9000)}`,
  "/\xc3\xa9\xf0\x9f\x98\x80",
  "/lab?x=a,b",
  "/lab?x=a;b",
  "/lab,__Host-session=x",
].flatMap((path): Row[] => [
  [get("jupyter", path, script), "401", "403"],
  [get("jupyter", path, page), signInFor(path), "403"],
]);

const refused: Row[] = [
  [get("jupyter", "/files/%2e%2e/%2e%2e/etc/passwd", script), "400"],
  [get("jupyter", "/files/..%2f..%2fetc%2fpasswd", script), "400"],
  [get("jupyter", "/../api/contents", script), "400"],
  [get("jupyter", "/%2e%2e/api/contents", script), "400"],
  [get("jupyter", "/api/contents/%2e%2e%2f%2e%2e%2f..", script), "400"],
  [get("jupyter", "/api/contents%00", script), "400"],
  [get("jupyter", "/%00", page), "400"],
  [get("jupyter", "/%zz", page), "400"],
  [get("jupyter", "/%", page), "400"],
  [get("jupyter", "api/contents", script), "400"],
  [get("jupyter", "*", script), "400"],
  [get("jupyter", "", script), "400"],
  [get("jupyter", "/a b", script), "400"],
  [get("jupyter", "/\x00", script), "400"],
  [get("jupyter", "/\x01", script), "400"],
  [get("jupyter", "/\x7f", script), "400"],
  [get("jupyter", `/${"a".repeat(33_000)}`, script), "414"],
  [get("jupyter", `/${"a".repeat(33_000)}`, page), "414"],
  [http1("jupyter", "OPTIONS * HTTP/1.1", script), "400"],
];

const attempt = `/sso-return/${"0".repeat(32)}`;

/** nginx's internal paths, which show nothing. */
const own: Row[] = behindTheDoor.flatMap((label): Row[] => [
  // Only with the number of an attempt, it is nginx's own.
  [get(label, "/sso-return", page), toSignIn(label), "403"],
  [get(label, "/sso-return", script), "401", "403"],
  [get(label, `/sso-return/${"0".repeat(33)}`, script), "401", "403"],
  [get(label, attempt, page), "401", "302 /"],
  [get(label, attempt, script), "401", "302 /"],
  [get(label, `${attempt}?pass=<token>`, page), "401", "302 /"],
  [http1(label, `POST ${attempt} HTTP/1.1`, page), "405", "303 /"],
  ...["/", "//evil.test/", "/\\evil.test/", "https://evil.test/", "/sso-sign-out", "/sso-return"].map(
    (to): Row => [get(label, attempt, [...page, `Cookie: sso_return=${to}`]), "401", "302 /"],
  ),
  ...["/api/contents", "/a,__Host-session=x", "/a,VouchCookie=x"].map(
    (to): Row => [get(label, attempt, [...page, `Cookie: sso_return=${to}`]), "401", `302 ${to}`],
  ),
  [get(label, "/sso-limits/too-many.html", page), "404"],
  [get(label, "/sso-limits/too-many.json", script), "404"],
  [get(label, "/sso-limits/../people.map", script), "401", "403"],
  // Of the gate only.
  ...["/who", "/sso-validate", "/validate", "/sessions/end?person=you@example.com"].map(
    (path): Row => [get(label, path, script), "401", "403"],
  ),
  [get(label, "/sso-sign-out", page), "302 vouch:/logout"],
  [get(label, "/sso-sign-out", [...page, "Sec-Fetch-Site: cross-site"]), "403"],
  [http1(label, "POST /sso-sign-out HTTP/1.1", [...page, "Content-Length: 0"]), "303 vouch:/logout"],
]);

const jupytersLogout: Row[] = [
  [get("jupyter", "/logout", page), "302 /sso-sign-out"],
  [get("jupyter", "/logout", script), "302 /sso-sign-out"],
  [get("jupyter", "/logout/", script), "401", "403"],
  [get("phpdemo", "/logout", page), toSignIn("phpdemo"), "403"],
];

/** Requests without a header that marks a page. */
const unsaid: Row[] = [
  [get("jupyter", "/static/x.js"), "401", "403"],
  [get("jupyter", "/lab"), "401", "403"],
  [get("phpdemo", "/"), "401", "403"],
  [get("front", "/"), "401", "403"],
];

const app: Row[] = [
  "/index.php",
  "/index.php/x",
  "/style.css",
  "/healthcheck",
  "/schema.sql",
  "/src/page.php",
  "/.env",
].map((path): Row => [get("phpdemo", path, script), "401", "403"]);

/** Requests for a part of a file, or for a file only if it has changed. */
const conditions: Row[] = [
  "Range: bytes=0-",
  "Range: bytes=0-0,1-1,2-2",
  "Range: bytes=-1",
  'If-None-Match: "x"',
  "If-None-Match: *",
  "If-Match: *",
  "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT",
  "If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
  'If-Range: "x"',
].flatMap((header): Row[] => [
  [get("jupyter", "/files/marker.txt", [...script, header]), "401", "403"],
  [get("front", "/", [...page, header]), toSignIn("front"), "403"],
]);

const expecting: Row[] = [
  [get("jupyter", "/files/marker.txt", [...script, "Expect: 100-continue"]), "100, 401", "403"],
  [get("jupyter", "/files/marker.txt", [...script, "Expect: x"]), "401", "403"],
];

/** The front page is a template of the server, which must not evaluate anything in a request. */
const frontPage: Row[] = [
  '/?<!--#echo var="sso_email" -->',
  "/%3C!--%23include%20virtual=%22/api/me%22--%3E",
  '/<!--#include virtual="/sso-disk" -->',
  "/index.html",
  "/index.html/",
  "//index.html",
  "/x",
].map((path): Row => {
  const stranger = /[<"]/.test(path) ? "401" : toSignIn("front");
  return [get("front", path.replaceAll(" ", "%20"), page), stranger, "403"];
});
const included: Row[] = [
  [get("front", "/", [...page, 'X-Auth-User: <!--#echo var="sso_email" -->']), toSignIn("front"), "403"],
  [get("front", "/", [...page, 'User-Agent: <!--#include virtual="/" -->']), toSignIn("front"), "403"],
  ...["/sso-disk", "/sso-backup"].flatMap((path): Row[] => [
    [get("front", path, page), "404"],
    [get("front", `/x/..${path}`, script), "404"],
    [http1("front", `POST ${path} HTTP/1.1`, script), "404"],
  ]),
  [get("front", "/sso-sign-out-everywhere", page), "405"],
  [http1("front", "POST /sso-sign-out-everywhere HTTP/1.1", [...page, "Sec-Fetch-Site: same-site"]), "403"],
  [http1("front", "POST /sso-sign-out-everywhere HTTP/1.1", [...page, "Sec-Fetch-Site: cross-site"]), "403"],
  [get("front", "/backup", page), toSignIn("front"), "403"],
  [get("front", "/", [...page, 'Referer: <!--#exec cmd="id" -->']), toSignIn("front"), "403"],
];

export const paths: Row[] = [
  ...methods,
  ...forScripts,
  ...spellings,
  ...refused,
  ...own,
  ...jupytersLogout,
  ...unsaid,
  ...app,
  ...conditions,
  ...expecting,
  ...frontPage,
  ...included,
  [raw("jupyter", "GET /api/contents\r\n"), "421 without a head"],
];
