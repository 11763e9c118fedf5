import { FORGED, get, page, type Row, script, toSignIn } from "./attempt.ts";

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claims = { username: "you@example.com", CustomClaims: { email: "you@example.com", email_verified: true } };
const unsigned = `${encode({ alg: "none", typ: "JWT" })}.${encode({ ...claims, exp: 4102444800 })}.`;

/**
 * The session cookie in forms that some program may read in another way than nginx and Vouch. `<token>` is a stranger's
 * forged token, or the valid one of a user who is not on the allow list.
 *
 * @see Row: a signed-in user gets 403 if the form is read as the cookie. Otherwise, they get the answer for a stranger.
 */
const forms: [cookie: string[], outsider: "401" | "403" | "400" | "431"][] = [
  [["VouchCookie=<token>"], "403"],
  [[" VouchCookie=<token> "], "403"],
  [["VouchCookie="], "401"],
  [["VouchCookie"], "401"],
  [["VouchCookie=x"], "401"],
  [["VouchCookie=."], "401"],
  [["VouchCookie=.."], "401"],
  [["VouchCookie=a.b.c"], "401"],
  [[`VouchCookie=${unsigned}`], "401"],
  [[`VouchCookie=${unsigned}x`], "401"],
  [[`VouchCookie=${FORGED}`], "401"],
  [["VouchCookie=<token>x"], "401"],
  [["VouchCookie=x<token>"], "401"],
  [['VouchCookie="<token>"'], "403"],
  [["VouchCookie='<token>'"], "401"],
  [["VouchCookie=<token>\xff"], "401"],
  [["VouchCookie=\xff\xfe"], "401"],
  [["VouchCookie=%00"], "401"],
  [["VouchCookie=<token>%00"], "401"],
  [["VouchCookie=<token>\x00"], "400"],
  [["VouchCookie=<token>,x"], "401"],
  [["VouchCookie=<token>, VouchCookie=x"], "401"],
  [["VouchCookie=<token>; VouchCookie=x"], "401"],
  [["VouchCookie=x; VouchCookie=<token>"], "401"],
  [["VouchCookie=<token>; VouchCookie=<token>"], "401"],
  [["VouchCookie=<token>", "VouchCookie=x"], "401"],
  [["VouchCookie=x", "VouchCookie=<token>"], "401"],
  [["VouchCookie=<token>;"], "403"],
  [[";;;VouchCookie=<token>"], "403"],
  [["a=b;VouchCookie=<token>;c=d"], "403"],
  [["a=b", "VouchCookie=<token>"], "403"],
  [["a=VouchCookie=<token>"], "401"],
  [['a="; VouchCookie=<token>"'], "401"],
  [["vouchcookie=<token>"], "403"],
  [["VOUCHCOOKIE=<token>"], "403"],
  [["Vouch_Cookie=<token>"], "401"],
  [["VouchCookie =<token>"], "403"],
  [["VouchCookie= <token>"], "403"],
  [["$Version=1; VouchCookie=<token>; $Path=/"], "403"],
  [["__Host-VouchCookie=<token>"], "401"],
  [["VouchCookie_1of1=<token>"], "401"],
  [["VouchCookie_1of2=<token>; VouchCookie_2of2="], "401"],
  [["VouchCookie_1of9000000000=x"], "401"],
  [["VouchCookie_0of-1=x"], "401"],
  [["VouchCookie_1of2=x; VouchCookie_2of2=<token>"], "401"],
  [["VouchCookie_1of1=x; VouchCookie=<token>"], "403"],
  [["VouchCookie=<token> <token>"], "401"],
  [["VouchCookie_1of2=a; VouchCookie_1of3=b"], "401"],
  [["VouchCookie1of2=x"], "401"],
  [["VouchCookie_=x"], "401"],
  [[`VouchCookie=${"a".repeat(3900)}`], "401"],
  [[`VouchCookie=${"a.".repeat(2000)}a`], "401"],
  [[`VouchCookie=${"a".repeat(9000)}`], "401"],
  [[`VouchCookie=${"a".repeat(31_000)}`], "401"],
  [[`VouchCookie=${"a".repeat(33_000)}`], "431"],
  [[`a=${"a".repeat(20_000)}`, "VouchCookie=<token>"], "403"],
  [[`a=${"a".repeat(20_000)}`, `b=${"b".repeat(15_000)}`, "VouchCookie=<token>"], "431"],
  [[`${Array.from({ length: 300 }, (_, n) => `c${n}=x`).join("; ")}; VouchCookie=<token>`], "403"],
  [["VouchSession=<token>"], "401"],
  [["sso_return=/api/contents; VouchSession=x"], "401"],
  [["_xsrf=2|x|y|1; username-localhost=<token>"], "401"],
  [["jupyter-session=<token>; PHPSESSID=<token>"], "401"],
];

export const cookies: Row[] = [
  ...forms.map(([lines, outsider]): Row => {
    const headers = lines.map((line) => `Cookie: ${line}`);
    const stranger = outsider === "400" || outsider === "431" ? outsider : "401";
    return [get("jupyter", "/api/me", [...script, ...headers], { cookie: false }), stranger, outsider];
  }),
  // Vouch refuses the subrequest, and without an answer nginx denies the user.
  [get("jupyter", "/api/me", [...script, "Cookie: VouchCookie=\x01\x02"], { cookie: false }), "503"],
  [get("jupyter", "/lab", [...page, "Cookie: VouchCookie=x; VouchCookie=y"], { cookie: false }), toSignIn("jupyter")],
  [get("jupyter", "/api/me", [...script, "Cookie2: VouchCookie=<token>"], { cookie: false }), "401"],
  [get("jupyter", "/api/me", [...script, "Set-Cookie: VouchCookie=<token>"], { cookie: false }), "401"],
  [get("jupyter", "/api/me?VouchCookie=<token>", script, { cookie: false }), "401"],
  // Two cookies of another name.
  [get("jupyter", "/sso-return", [...page, "Cookie: sso_return=//evil.test"]), "401", "403"],
  [get("vouch", "/logout", [...page, "Cookie: VouchCookie_1of9000000000=x"]), "302 vouch:/signed-out"],
  [
    get("vouch", "/auth/abcdefghijklmnopqrst/?code=C&state=abcdefghijklmnopqrst", [...page, "Cookie: VouchSession=x"]),
    "400",
  ],
];
