import { createHash } from "node:crypto";
import { FORGED, get, page, type Row, script, toSignIn } from "./attempt.ts";

const [key = "", ...more] = FORGED.split(".");
const value = more.slice(0, -1).join(".");

/**
 * The session's cookie in forms that some program may read in another way than nginx. `<token>` is a stranger's forged value, or the
 * valid one of a user who is not on the allow list any more.
 *
 * @see Row: a signed-in user gets 403 if the form is read as the cookie. Otherwise, they get the answer for a stranger.
 */
const forms: [cookie: string[], outsider: "401" | "403" | "400" | "431"][] = [
  [["__Host-session=<token>"], "403"],
  [[" __Host-session=<token> "], "403"],
  [["__Host-session="], "401"],
  [["__Host-session"], "401"],
  [["__Host-session=x"], "401"],
  [["__Host-session=."], "401"],
  [["__Host-session=.."], "401"],
  [["__Host-session=a.b.c"], "401"],
  [[`__Host-session=${key}.${value}.`], "401"],
  [[`__Host-session=${key}.${value}`], "401"],
  [[`__Host-session=${key}.${value}.${"A".repeat(43)}`], "401"],
  [[`__Host-session=.${value}.${"A".repeat(43)}`], "401"],
  [[`__Host-session=../open/../.${value}.${"A".repeat(43)}`], "401"],
  [[`__Host-session=${key}..${"A".repeat(43)}`], "401"],
  [[`__Host-session=${FORGED}`], "401"],
  [["__Host-session=<token>x"], "401"],
  [["__Host-session=x<token>"], "401"],
  [['__Host-session="<token>"'], "401"],
  [["__Host-session='<token>'"], "401"],
  [["__Host-session=<token>\xff"], "401"],
  [["__Host-session=\xff\xfe"], "401"],
  [["__Host-session=%00"], "401"],
  [["__Host-session=<token>%00"], "401"],
  [["__Host-session=<token>\x00"], "400"],
  [["__Host-session=\x01\x02"], "401"],
  [["__Host-session=<token>,x"], "401"],
  [["__Host-session=<token>, __Host-session=x"], "401"],
  [["__Host-session=<token>; __Host-session=x"], "403"],
  [["__Host-session=x; __Host-session=<token>"], "401"],
  [["__Host-session=<token>; __Host-session=<token>"], "403"],
  [["__Host-session=<token>", "__Host-session=x"], "403"],
  [["__Host-session=x", "__Host-session=<token>"], "401"],
  [["__Host-session=<token>;"], "403"],
  [[";;;__Host-session=<token>"], "403"],
  [["a=b;__Host-session=<token>;c=d"], "403"],
  [["a=b;\t__Host-session=<token>"], "403"],
  [["a=b", "__Host-session=<token>"], "403"],
  // Another host name of the domain can set a cookie with this value, but none with this name.
  [["a=__Host-session=<token>"], "401"],
  [["a=b,__Host-session=<token>"], "401"],
  [["a=b, __Host-session=<token>"], "401"],
  [["sso_return=/lab?x=,__Host-session=<token>"], "401"],
  [["a=b; \xc2\xa0__Host-session=<token>"], "401"],
  [["a=b; \xe2\x80\x80__Host-session=<token>"], "401"],
  [["a=b; \xa0__Host-session=<token>"], "401"],
  [["=__Host-session=<token>"], "401"],
  [['a="; __Host-session=<token>"'], "401"],
  [["__host-session=<token>"], "401"],
  [["__HOST-SESSION=<token>"], "401"],
  [["__Host_session=<token>"], "401"],
  [["__Host-session =<token>"], "401"],
  [["__Host-session= <token>"], "401"],
  [["$Version=1; __Host-session=<token>; $Path=/"], "403"],
  [["session=<token>; __Secure-session=<token>; __Host-session2=<token>"], "401"],
  [["__Host-session_1of1=<token>"], "401"],
  [["__Host-session=<token> <token>"], "401"],
  [["__Host-nonce=<token>; __Host-answer=<token>"], "401"],
  // Vouch's own name, and parts of its cookie, on which it would crash.
  [["VouchCookie=<token>"], "401"],
  [["VouchCookie_1of9000000000=x"], "401"],
  [["VouchCookie_0of-1=x"], "401"],
  [["VouchCookie_1of1=x; __Host-session=<token>"], "403"],
  [["__Host-answer_1of9000000000=x; __Host-session=<token>"], "403"],
  [[`__Host-session=${"a".repeat(3900)}`], "401"],
  [[`__Host-session=${"a.".repeat(2000)}a`], "401"],
  [[`__Host-session=${"a".repeat(9000)}`], "401"],
  [[`__Host-session=${"a".repeat(31_000)}`], "401"],
  [[`__Host-session=${"a".repeat(33_000)}`], "431"],
  [[`a=${"a".repeat(20_000)}`, "__Host-session=<token>"], "403"],
  [[`a=${"a".repeat(20_000)}`, `b=${"b".repeat(15_000)}`, "__Host-session=<token>"], "431"],
  [[`${Array.from({ length: 300 }, (_, n) => `c${n}=x`).join("; ")}; __Host-session=<token>`], "403"],
  [["VouchSession=<token>"], "401"],
  [["sso_return=/api/contents; VouchSession=x"], "401"],
  [["_xsrf=2|x|y|1; username-localhost=<token>"], "401"],
  [["jupyter-session=<token>; PHPSESSID=<token>"], "401"],
];
const attempt = "0".repeat(32);
/** The hash of a browser's secret, which an attempt to sign in contains. */
const hashOf = (nonce: string) => createHash("sha256").update(nonce).digest("base64url");

export const cookies: Row[] = [
  ...forms.map(([lines, outsider]): Row => {
    const headers = lines.map((line) => `Cookie: ${line}`);
    const stranger = outsider === "400" || outsider === "431" ? outsider : "401";
    return [get("jupyter", "/api/me", [...script, ...headers], { cookie: false }), stranger, outsider];
  }),
  [
    get("jupyter", "/lab", [...page, "Cookie: __Host-session=x; __Host-session=y"], { cookie: false }),
    toSignIn("jupyter"),
  ],
  [get("jupyter", "/api/me", [...script, "Cookie2: __Host-session=<token>"], { cookie: false }), "401"],
  [get("jupyter", "/api/me", [...script, "Set-Cookie: __Host-session=<token>"], { cookie: false }), "401"],
  [get("jupyter", "/api/me?__Host-session=<token>", script, { cookie: false }), "401"],
  [get("jupyter", `/sso-return/${attempt}?pass=<token>`, page, { cookie: false }), "401"],
  // Cookies of other names.
  ...["<token>", "x", "", "<token>; __Host-nonce=x"].map(
    (nonce): Row => [
      get("jupyter", `/sso-return/${attempt}?pass=<token>`, [...page, `Cookie: __Host-nonce=${nonce}`], {
        cookie: false,
      }),
      nonce === "" ? "401" : "400",
    ],
  ),
  [get("jupyter", `/sso-return/${attempt}`, [...page, "Cookie: sso_return=//evil.test"]), "401", "302 /"],
  [get("vouch", "/logout", [...page, "Cookie: __Host-answer_1of9000000000=x"]), "302 vouch:/signed-out"],
  ...["x", "\x01\x02", "<token>", "a.b.c", `${"a".repeat(9000)}`, '"x"', "%00"].map(
    (answer): Row => [
      get(
        "vouch",
        `/enter/jupyter.lab.localhost/${attempt}/${"A".repeat(43)}/${hashOf("n")}`,
        [...page, `Cookie: __Host-nonce=n; __Host-answer=${answer}`],
        { cookie: false },
      ),
      "401",
    ],
  ),
  [
    get("vouch", "/auth/abcdefghijklmnopqrst/?code=C&state=abcdefghijklmnopqrst", [...page, "Cookie: VouchSession=x"]),
    "400",
  ],
];
