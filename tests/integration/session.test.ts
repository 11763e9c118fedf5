import assert from "node:assert/strict";
import { once } from "node:events";
import { statSync, utimesSync } from "node:fs";
import type { OutgoingHttpHeaders } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { freePort } from "../../offline/support/freePort.ts";
import { run } from "../support/command.ts";
import { type RunningSite, runningSite } from "../support/runningSite.ts";
import { type SessionCookie, sealedWith, sessionIn, signedWith, textOf, unsealed } from "../support/sealed.ts";
import { until } from "../support/until.ts";
import { answerOf, ask, cookiesOf, navigation, type Question, redirectOf, visitor } from "../support/visitor.ts";

const domain = "lab.example.com";
const hash = `$2b$10$${"x".repeat(53)}`;
const image = { image: "docker.io/traefik/whoami:v1.11.0", port: 80, websocket: true };
const [ann, bob, cat] = ["ann@example.com", "bob@example.com", "cat@example.org"];
const script = { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" };
const HOUR = 60 * 60;

describe("A session", () => {
  let site: RunningSite;
  /** Part of what is signed; see session/door.js. */
  let rotation = "";
  let ports: { httpsPort: number; httpPort: number };
  const port = () => ports.httpsPort;
  const folder = () => `${site.host.layout.data}/sessions`;

  async function release(changes: Record<string, unknown> = {}) {
    const settings = {
      domain,
      allow: [ann, bob, "@example.org"],
      signIn: { users: [{ email: ann, name: "Ann Lee" }] },
      apps: [
        { ...image, name: "whoami" },
        { ...image, name: "narrow", allow: [ann, bob] },
      ],
      ...changes,
    };
    const { code, output } = await site.release({
      settings,
      layout: ports,
      secrets: { passwordHashes: { [ann]: hash } },
    });
    assert.equal(code, 0, output);
  }
  const person = (email = ann, claims = {}) => visitor(port, email, domain, claims);
  const host = (label: string) => (label ? `${label}.${domain}` : domain);
  const visit = (label: string, path: string, headers: OutgoingHttpHeaders = {}, question: Question = {}) =>
    ask(port(), host(label), path, { ...question, headers });
  const open = (label: string, path: string, cookie = "") => visit(label, path, { ...navigation, cookie });
  const statusOf = async (label: string, cookie: string) => (await visit(label, "/", { ...script, cookie })).status;
  /** The newest signing key's value for a purpose. */
  const forged = (purpose: string, value: object) => sealedWith(`${folder()}/keys`, `${purpose} ${rotation}`, value);
  /** A session's cookie at whoami, signed by the newest key, with something changed. */
  const changed = (cookie: string, change: Partial<SessionCookie>, at = host("whoami"), purpose = "session") => {
    const text = textOf({ ...sessionIn(cookie), ...change });
    return `__Host-session=${signedWith(`${folder()}/keys`, `${purpose} ${rotation} ${at}`, text)}`;
  };
  const sealedIn = (cookie: string) => cookie.slice(cookie.indexOf("=") + 1);

  const login = `/login?url=https://vouch.${domain}`;
  const vouchAnswers = () =>
    until(
      "Vouch answers",
      async () =>
        (await open("vouch", `${login}:${port()}/enter/x/${"0".repeat(32)}/${"A".repeat(43)}/${"A".repeat(43)}`))
          .status === 302,
      15,
    );

  beforeAll(async () => {
    site = runningSite(["nginx", "vouch", "dex", "whoami", "narrow"]);
    ports = { httpsPort: await freePort(), httpPort: await freePort() };
    await release();
    await vouchAnswers();
    const { output } = await site.exec("nginx", ["cat", "/site/current/session/settings.js"]);
    rotation = /"rotation": "(\w+)"/.exec(output)?.[1] ?? "";
  });
  afterAll(() => site?.remove());

  it("begins at the gate, and each name takes it over without asking anybody", async () => {
    const visitorAnn = person();
    for (const label of ["whoami", "narrow", ""])
      assert.equal(await statusOf(label, await visitorAnn.at(host(label))), 200);
    const ids = await Promise.all(
      ["whoami", "narrow"].map(async (label) => sessionIn(await visitorAnn.at(host(label))).id),
    );
    assert.equal(new Set(ids).size, 1);
    const { headers } = await open("whoami", "/", await visitorAnn.at(host("whoami")));
    assert.equal(headers["set-cookie"], undefined);
  });

  it("sets cookies that no other host name can read or set", async () => {
    const asked = await open("whoami", "/some/page");
    const cookies = [asked.headers["set-cookie"] ?? []].flat();
    assert.match(cookies[0] ?? "", /^__Host-nonce=[\w-]{22}; Path=\/; Max-Age=900; Secure; HttpOnly; SameSite=Lax$/);
    assert.match(
      cookies[1] ?? "",
      /^sso_return=\/some\/page; Path=\/sso-return\/[0-9a-f]{32}; Max-Age=900; Secure; HttpOnly; SameSite=Lax$/,
    );
    const visitorAnn = person();
    await visitorAnn.at(host("whoami"));
    assert.match(visitorAnn.gate, /^__Host-session=/);
  });

  it("tells an app its person, and none of its cookies", async () => {
    const cookie = await person().at(host("whoami"));
    const all = `a=b; ${cookie}; VouchCookie=old; vouchcookie_1of2=x; __Host-nonce=n; c=d; sso_return=/; __Host-sessions=e`;
    const { body } = await visit("whoami", "/", { cookie: all });
    assert.match(body, /^X-Auth-User: ann@example\.com\r?$/m);
    assert.match(body, /^X-Auth-Name: Ann Lee\r?$/m);
    assert.match(body, /^Cookie: a=b; c=d; __Host-sessions=e\r?$/m);
  });

  it("leaves an app all other cookies, wherever the sign-in's own are", async () => {
    const session = await person().at(host("whoami"));
    for (const [cookie, left] of [
      [session, undefined],
      [`${session}; a=b; c=d`, "a=b; c=d"],
      [`a=b; ${session}; c=d`, "a=b; c=d"],
      [`a=b; c=d; ${session}`, "a=b; c=d"],
      [`a=b;${session};c=d`, "a=b;c=d"],
      [`${session}; ${session}; a=b`, "a=b"],
      [`${session}; __HOST-SESSION=x; a=b`, "a=b"],
      [`${session}; __Host-own=x`, "__Host-own=x"],
      [`a=__Host-session; ${session}`, "a=__Host-session"],
      [`a=VouchCookie; ${session}; vouchcookie=x`, "a=VouchCookie"],
    ] as const) {
      const { body } = await visit("whoami", "/", { cookie });
      assert.equal(/^Cookie: (.*?)\r?$/m.exec(body)?.[1], left, cookie.replaceAll(session, "SESSION"));
    }
  });

  it("is checked by JavaScript once in ten seconds, and a mark says so until it ends", async () => {
    const visitorAnn = person();
    const cookie = await visitorAnn.at(host("whoami"));
    const { id } = sessionIn(cookie);
    const marks = async () =>
      (await site.exec("nginx", ["ls", "/tmp/checked"])).output.split("\n").filter((mark) => mark.includes(id));
    for (let request = 0; request < 20; request++) assert.equal(await statusOf("whoami", cookie), 200);
    const found = await marks();
    assert.ok(found.length >= 1 && found.length <= 2, found.join("\n"));
    assert.match(found[0] ?? "", new RegExp(`^[0-9]{9}:${host("whoami")}:`));
    await open("vouch", "/logout", visitorAnn.gate);
    assert.deepEqual([await marks(), await statusOf("whoami", cookie)], [[], 401]);
  });

  it("is the first cookie's, also if it was checked a moment ago", async () => {
    const cookie = await person().at(host("whoami"));
    const forged = cookie.replace(ann, bob);
    const invalid = `__Host-session=x\xc3`;
    assert.equal(await statusOf("whoami", cookie), 200);
    for (const [cookies, status] of [
      [`${forged}; ${cookie}`, 401],
      [`${cookie}; ${forged}`, 200],
      [`a=\xc3; ${cookie}; ${forged}`, 200],
      [`${invalid}; ${cookie}`, 401],
      [`${forged}\xc3; ${cookie}`, 401],
      [`${cookie}\xc3`, 401],
    ] as const) {
      const { status: found, body } = await visit("whoami", "/", { ...script, cookie: cookies });
      assert.equal(found, status, cookies);
      if (status === 200) assert.match(body, /^X-Auth-User: ann@example\.com\r?$/m);
    }
  });

  it("of a person whose name has other characters is checked each time", async () => {
    const name = "ann/lee@example.org";
    const cookie = await person(name).at(host("whoami"));
    const { body } = await visit("whoami", "/", { cookie });
    assert.match(body, /^X-Auth-User: ann\/lee@example\.org\r?$/m);
    assert.equal((await site.exec("nginx", ["ls", "/tmp/checked"])).output.includes(sessionIn(cookie).id), false);
  });

  describe("does not exist for a cookie that is", () => {
    const bad: [
      what: string,
      make: (sealed: string, of: { bobs: string; gates: string; narrows: string }) => string | Promise<string>,
    ][] = [
      ["absent", () => "a=b"],
      ["empty", () => "__Host-session="],
      ["a word", () => "__Host-session=x"],
      ["of another name", (_, { narrows }) => narrows],
      ["the gate's", (_, { gates }) => gates],
      ["cut off", (sealed) => `__Host-session=${sealed.slice(0, -1)}`],
      ["longer", (sealed) => `__Host-session=${sealed}A`],
      ["without its signature", (sealed) => `__Host-session=${sealed.replace(/\.[\w-]+$/, ".")}`],
      ["with an empty signature", (sealed) => `__Host-session=${sealed.replace(/[\w-]+$/, "")}`],
      [
        "with another's signature",
        (sealed, { bobs }) => `__Host-session=${sealed.replace(/[\w-]+$/, bobs.split(".").at(-1) ?? "")}`,
      ],
      [
        "with another's id",
        (sealed, { bobs }) => `__Host-session=${sealed.replace(sessionIn(sealed).id, sessionIn(bobs).id)}`,
      ],
      ["with another person", (sealed) => `__Host-session=${sealed.replace(ann, bob)}`],
      ["with another person in front", (sealed) => `__Host-session=${sealed.replace(ann, `${bob}.${ann}`)}`],
      ["with another end", (sealed) => `__Host-session=${sealed.replace(/\.[0-9]{10}\./, ".9999999999.")}`],
      ["with a padded value", (sealed) => `__Host-session=${sealed.replace(ann, `${ann}=`)}`],
      ["with an unknown key", (sealed) => `__Host-session=${sealed.replace(/^[0-9]+/, "1700000000000")}`],
      ["with a path as its key", (sealed) => `__Host-session=${sealed.replace(/^[0-9]+/, "../open/00000")}`],
      ["with a key from the future", (sealed) => `__Host-session=${sealed.replace(/^[0-9]+/, "9999999999999")}`],
      ["without a key", (sealed) => `__Host-session=${sealed.replace(/^[0-9]+/, "")}`],
      ["in capital letters", (sealed) => `__Host-session=${sealed.toUpperCase()}`],
      ["in quotes", (sealed) => `__Host-session="${sealed}"`],
      ["with a blank in it", (sealed) => `__Host-session=${sealed.slice(0, 20)} ${sealed.slice(20)}`],
      ["percent-encoded", (sealed) => `__Host-session=${sealed.replaceAll(".", "%2e")}`],
      ["behind another one", (sealed) => `__Host-session=x; __Host-session=${sealed}`],
      ["of 8 KB", (sealed) => `__Host-session=${sealed.replace(/\./, `.${"A".repeat(8000)}`)}`],
      ["under another name", (sealed) => `session=${sealed}; __Host-Session2=${sealed}`],
      ["a hand-over", async () => `__Host-session=${forged("pass", await passOf())}`],
      [
        "signed for another rotation",
        (sealed) => {
          const purpose = `session 000000000000 ${host("whoami")}`;
          return `__Host-session=${signedWith(`${folder()}/keys`, purpose, textOf(sessionIn(sealed)))}`;
        },
      ],
      [
        "signed for no purpose",
        (sealed) => `__Host-session=${signedWith(`${folder()}/keys`, "", textOf(sessionIn(sealed)))}`,
      ],
      ["signed for another purpose", (sealed) => changed(sealed, {}, host("whoami"), "pass")],
      ["signed for another host name", (sealed) => changed(sealed, {}, host("narrow"))],
      ["signed for another port's host", (sealed) => changed(sealed, {}, `${host("whoami")}:${port()}`)],
      ["signed for no host", (sealed) => changed(sealed, {}, "")],
      ["older than the maximum", (sealed) => changed(sealed, { expires: now() - 1 })],
      ["of a session that never began", (sealed) => changed(sealed, { id: `${"0".repeat(16)}-${"A".repeat(22)}` })],
      ["of a session whose id is a path", (sealed) => changed(sealed, { id: "../keys/x" })],
      ["of a session without an id", (sealed) => changed(sealed, { id: "" })],
      [
        "Vouch's, as older versions set it",
        () => answerOf({ email: ann, email_verified: true }).replace("__Host-answer", "VouchCookie"),
      ],
      ["Vouch's answer", () => answerOf({ email: ann, email_verified: true })],
    ];
    const now = () => Math.floor(Date.now() / 1000);
    const passOf = async () => {
      const session = sessionIn(await person().at(host("whoami")));
      return { ...session, host: host("whoami"), until: now() + 60, once: "x", nonce: "y" };
    };
    for (const [what, make] of bad)
      it(what, async () => {
        const visitorAnn = person();
        const [good, narrows, bobs] = [
          await visitorAnn.at(host("whoami")),
          await visitorAnn.at(host("narrow")),
          await person(bob).at(host("whoami")),
        ];
        assert.equal(await statusOf("whoami", good), 200);
        const cookie = await make(sealedIn(good), { bobs: sealedIn(bobs), narrows, gates: visitorAnn.gate });
        assert.equal(await statusOf("whoami", cookie), 401);
        assert.equal((await open("whoami", "/", cookie)).status, 302);
      });
  });

  describe("is not handed over", () => {
    /** A browser that is at the last step: it has the hand-over, and its own cookies. */
    async function atLastStep(label = "whoami") {
      const visitorAnn = person();
      await visitorAnn.at(host("narrow"));
      const asked = await open(label, "/some/page");
      const passed = await open("vouch", redirectOf(asked), visitorAnn.gate);
      return { back: redirectOf(passed), cookie: cookiesOf(asked), gate: visitorAnn.gate };
    }
    const hasSession = (answer: Parameters<typeof cookiesOf>[0]) => /__Host-session=/.test(cookiesOf(answer));
    const refused = async (label: string, back: string, cookie: string, status = 400) => {
      const answer = await open(label, back, cookie);
      assert.deepEqual([answer.status, hasSession(answer)], [status, false]);
      assert.match(answer.body, status === 401 ? /Signing in did not last/ : /Signing in did not work/);
    };
    const passIn = (back: string) => new URL(back, "https://x").searchParams.get("pass") ?? "";
    const withPass = (back: string, pass: string) => `${back.slice(0, back.indexOf("?"))}?pass=${pass}`;

    it("unless all is as it should be", async () => {
      const { back, cookie } = await atLastStep();
      const answer = await open("whoami", back, cookie);
      assert.deepEqual([redirectOf(answer), hasSession(answer)], ["/some/page", true]);
    });
    it("twice", async () => {
      const { back, cookie } = await atLastStep();
      await open("whoami", back, cookie);
      await refused("whoami", back, cookie);
    });
    it("twice, even if nginx was killed in between", async () => {
      const { back, cookie } = await atLastStep();
      await open("whoami", back, cookie);
      await run("docker", ["restart", "--time", "0", await site.container("nginx")]);
      await until(
        "nginx answers",
        async () => (await open("vouch", "/signed-out").catch(() => ({ status: 0 }))).status === 200,
        20,
      );
      await refused("whoami", back, cookie);
    });
    it("to a browser without the cookie of the attempt", async () => {
      await refused("whoami", (await atLastStep()).back, "", 401);
    });
    it("to another browser", async () => {
      const victim = cookiesOf(await open("whoami", "/"));
      await refused("whoami", (await atLastStep()).back, victim);
    });
    it("to another name", async () => {
      const { back, cookie } = await atLastStep();
      await refused("narrow", back, cookie);
    });
    it("after a minute", async () => {
      const { back, cookie } = await atLastStep();
      const value = { ...unsealed(passIn(back)), until: Math.floor(Date.now() / 1000) - 1 };
      await refused("whoami", withPass(back, forged("pass", value)), cookie);
    });
    it("when it is changed, cut off, empty or a session", async () => {
      const { back, cookie, gate } = await atLastStep();
      const pass = passIn(back);
      const bobs = pass.replace(
        /\.[\w-]+\./,
        `.${Buffer.from(JSON.stringify({ ...unsealed(pass), person: bob })).toString("base64url")}.`,
      );
      for (const other of [
        bobs,
        pass.slice(0, -1),
        `${pass}A`,
        "",
        "x",
        sealedIn(gate),
        sealedWith(`${folder()}/keys`, `session ${rotation} ${host("whoami")}`, unsealed(pass)),
      ])
        await refused("whoami", withPass(back, other), cookie);
      await refused("whoami", back.slice(0, back.indexOf("?")), cookie);
    });
    it("when the session has ended in between", async () => {
      const { back, cookie, gate } = await atLastStep();
      await open("vouch", "/logout", gate);
      await refused("whoami", back, cookie);
    });
    it("in place of a session that the browser has", async () => {
      const bobs = await person(bob).at(host("whoami"));
      const { back, cookie } = await atLastStep();
      const answer = await open("whoami", back, `${cookie}; ${bobs}`);
      assert.deepEqual([redirectOf(answer), hasSession(answer)], ["/some/page", false]);
    });
  });

  describe("is not given at the gate", () => {
    const enter = async (label = "whoami") => redirectOf(await open(label, "/"));
    /** A browser that comes back from Vouch. */
    async function comingBack() {
      const entered = await open("vouch", await enter());
      const url = new URL(redirectOf(entered), "https://x").searchParams.get("url") ?? "";
      return { path: new URL(url).pathname, cookie: cookiesOf(entered) };
    }
    const sure = (email: string) => answerOf({ email, email_verified: true });
    const gives = (answer: Parameters<typeof cookiesOf>[0]) => /__Host-session=/.test(cookiesOf(answer));

    it("unless all is as it should be", async () => {
      const { path, cookie } = await comingBack();
      const answer = await open("vouch", path, `${cookie}; ${sure(ann)}`);
      assert.deepEqual([answer.status, gives(answer)], [302, true]);
      assert.match(String(answer.headers.location), /^https:\/\/whoami\.lab\.example\.com:\d+\/sso-return\//);
      assert.match(String(answer.headers["set-cookie"]), /__Host-answer=; Path=\/; Max-Age=0/);
    });
    it("for a host name that is not the site's", async () => {
      const path = await enter();
      for (const other of [
        "evil.test",
        "vouch.lab.example.com",
        "dex.lab.example.com",
        "lab.example.com.evil.test",
        "xlab.example.com",
      ])
        assert.equal((await open("vouch", path.replace("whoami.lab.example.com", other))).status, 404, other);
    });
    it("at a path that only looks like it", async () => {
      const path = await enter();
      for (const other of [`${path}/`, `${path}/x`, path.slice(0, -1), `${path}/${"A".repeat(44)}`])
        assert.equal((await open("vouch", other)).status, 404, other);
    });
    it("to a browser that was not sent to sign in: nobody can be signed in as somebody else", async () => {
      const { path } = await comingBack();
      for (const cookie of ["", cookiesOf(await open("vouch", await enter()))]) {
        const answer = await open("vouch", path, `${cookie}; ${sure(ann)}`);
        assert.deepEqual([answer.status, gives(answer)], [401, false]);
        assert.match(answer.body, /Signing in did not last/);
      }
    });
    it("for the answer alone, without the way through the provider", async () => {
      const answer = await open("vouch", await enter(), sure(ann));
      assert.match(redirectOf(answer), /^\/login\?url=/);
      assert.equal(gives(answer), false);
    });
    it("twice for one answer, as after signing out", async () => {
      const { path, cookie } = await comingBack();
      const answer = sure(ann);
      await open("vouch", path, `${cookie}; ${answer}`);
      const again = await open("vouch", path, `${cookie}; ${answer}`);
      assert.deepEqual([again.status, gives(again)], [302, false]);
      assert.match(redirectOf(again), /^\/enter\//);
    });
    for (const [what, answer] of [
      ["without a verified address", () => answerOf({ email: ann, email_verified: false })],
      ["with a verification in words", () => answerOf({ email: ann, email_verified: "yes" })],
      ["without an address", () => answerOf({ email_verified: true })],
      ["with an empty address", () => answerOf({ email: "", email_verified: true })],
      ["with another signature", () => `${sure(ann).slice(0, -4)}AAAA`],
      ["in parts", () => sure(ann).replace("__Host-answer", "__Host-answer_1of1")],
      ["under Vouch's usual name", () => sure(ann).replace("__Host-answer", "VouchCookie")],
      ["with characters that no answer has", () => `${sure(ann)}%20`],
      ["that is empty", () => "__Host-answer="],
    ] as const)
      it(`for an answer ${what}`, async () => {
        const { path, cookie } = await comingBack();
        const seen = await open("vouch", path, `${cookie}; ${answer()}`);
        assert.deepEqual([seen.status, gives(seen)], [401, false]);
      });
    it("to people who are not on the list", async () => {
      for (const email of ["eve@example.com", "x@evil-example.org", "cat@example.org.evil.test"]) {
        const { path, cookie } = await comingBack();
        const answer = await open("vouch", path, `${cookie}; ${sure(email)}`);
        assert.deepEqual([answer.status, gives(answer)], [403, false], email);
        assert.match(answer.body, /You are not on the list/);
      }
    });
    it("but in any letter case, and by domain", async () => {
      for (const email of ["ANN@Example.com", "cat@EXAMPLE.ORG"])
        assert.equal(await statusOf("whoami", await person(email).at(host("whoami"))), 200);
    });
    it("when Vouch is down, with a page that says so", async () => {
      const { path, cookie } = await comingBack();
      await run("docker", ["stop", "--time", "0", await site.container("vouch")]);
      try {
        const answer = await open("vouch", path, `${cookie}; ${sure(ann)}`);
        assert.equal(answer.status, 503);
        assert.match(answer.body, /The sign-in service does not answer/);
      } finally {
        await run("docker", ["start", await site.container("vouch")]);
        await vouchAnswers();
      }
    });
    it("by Vouch to another host name: its cookie is the gate's", async () => {
      const { headers } = await open("vouch", "/login?url=https://evil.test/");
      assert.equal(headers.location, undefined);
    });
  });

  describe("ends", () => {
    it("at all names by signing out at one", async () => {
      const visitorAnn = person();
      const [here, there] = [await visitorAnn.at(host("whoami")), await visitorAnn.at(host("narrow"))];
      const other = await person().at(host("whoami"));
      const answer = await open("whoami", "/sso-sign-out", here);
      assert.equal(answer.headers.location, `https://vouch.${domain}:${port()}/logout`);
      assert.match(String(answer.headers["set-cookie"]), /__Host-session=; Path=\/; Max-Age=0/);
      assert.deepEqual(await Promise.all([statusOf("whoami", here), statusOf("narrow", there)]), [401, 401]);
      assert.match(redirectOf(await open("vouch", redirectOf(await open("whoami", "/")), visitorAnn.gate)), /^\/login/);
      assert.equal(await statusOf("whoami", other), 200, "of another browser");
    });
    it("in all browsers of the person at once, by a button, and nobody else's", async () => {
      const [one, two, bobs] = [
        await person().at(host("whoami")),
        await person("ANN@example.com").at(host("narrow")),
        await person(bob).at(host("narrow")),
      ];
      const front = await person().at(host(""));
      const refused = await visit("", "/sso-sign-out-everywhere", { ...navigation, cookie: front });
      assert.equal(refused.status, 405, "not by a link");
      const foreign = { ...navigation, cookie: front, "sec-fetch-site": "same-site" };
      assert.equal((await visit("", "/sso-sign-out-everywhere", foreign, { form: {} })).status, 403);
      assert.equal(await statusOf("whoami", one), 200);
      const own = { ...navigation, cookie: front, "sec-fetch-site": "same-origin" };
      assert.equal((await visit("", "/sso-sign-out-everywhere", own, { form: {} })).status, 303);
      assert.deepEqual(
        await Promise.all([statusOf("whoami", one), statusOf("narrow", two), statusOf("narrow", bobs)]),
        [401, 401, 200],
      );
    });
    it("by a command on the machine, for one person", async () => {
      const [anns, bobs] = [await person().at(host("whoami")), await person(bob).at(host("whoami"))];
      const program = `${site.host.layout.root}/bin/site-apply`;
      const { code, output } = await run(program, ["sign-out", bob]);
      assert.equal(code, 0, output);
      assert.match(
        output,
        /^Ended [1-9][0-9]* session\(s\) of bob@example\.com\.\nbob@example\.com is on the allow list/,
      );
      assert.match((await run(program, ["sign-out", "no body+%&?#/@x"])).output, /^Ended 0 session\(s\) of no body/);
      assert.deepEqual(await Promise.all([statusOf("whoami", anns), statusOf("whoami", bobs)]), [200, 401]);
      for (const label of ["whoami", "vouch", ""])
        assert.notEqual((await open(label, `/sessions/end?person=${ann}`)).status, 200);
      assert.equal(await statusOf("whoami", anns), 200);
    });
    it("after the time without use, and slides until then", async () => {
      const cookie = await person().at(host("whoami"));
      const file = `${folder()}/open/${sessionIn(cookie).id}`;
      const usedAgo = (seconds: number) => utimesSync(file, Date.now() / 1000, Date.now() / 1000 - seconds);
      usedAgo(12 * HOUR - 60);
      assert.equal(await statusOf("whoami", cookie), 200);
      assert.ok(Date.now() - statSync(file).mtimeMs < 60_000, "the use is noted");
      usedAgo(12 * HOUR + 1);
      // A cookie that was checked counts for up to ten seconds.
      await until("the session has ended", async () => (await statusOf("whoami", cookie)) === 401, 15);
    });
    it("not when nginx is restarted, nor when Vouch and Dex are down", async () => {
      const visitorAnn = person();
      const cookie = await visitorAnn.at(host("whoami"));
      const down = [await site.container("vouch"), await site.container("dex")];
      await run("docker", ["stop", "--time", "0", ...down]);
      try {
        await run("docker", ["restart", "--time", "0", await site.container("nginx")]);
        await until(
          "nginx answers",
          async () => (await open("vouch", "/signed-out").catch(() => ({ status: 0 }))).status === 200,
          20,
        );
        assert.equal(await statusOf("whoami", cookie), 200);
        assert.equal(await statusOf("narrow", await visitorAnn.at(host("narrow"))), 200, "a name that has none yet");
      } finally {
        await run("docker", ["start", ...down]);
      }
      await vouchAnswers();
    });
    it("for good when the person is removed from the list, also when added again", async () => {
      const [anns, bobs, cats] = [
        await person().at(host("whoami")),
        await person(bob).at(host("whoami")),
        await person(cat).at(host("whoami")),
      ];
      await release({ allow: [ann] });
      await until("they have ended", async () => (await statusOf("whoami", cats)) === 401, 5);
      await sleep(1500);
      await release();
      assert.deepEqual(
        await Promise.all([anns, bobs, cats].map((cookie) => statusOf("whoami", cookie))),
        [200, 401, 401],
      );
    });
    it("for everybody with another sessionRotation", async () => {
      const cookie = await person().at(host("whoami"));
      await release({ sessionRotation: "1" });
      assert.equal(await statusOf("whoami", cookie), 401);
      await release();
      assert.equal(await statusOf("whoami", cookie), 401);
    });
  });

  describe("and its WebSockets:", () => {
    interface Socket {
      connection: TLSSocket;
      /** Milliseconds since 1970 at which it was closed. */
      closed?: number;
      /** The code of the server's close frame. */
      code?: number;
    }
    async function socket(label: string, cookie: string): Promise<Socket> {
      const connection = connect({
        host: "127.0.0.1",
        port: port(),
        servername: host(label),
        rejectUnauthorized: false,
      });
      const self: Socket = { connection };
      const lines = [
        "GET /echo HTTP/1.1",
        `Host: ${host(label)}:${port()}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
      ];
      lines.push("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", `Cookie: ${cookie}`);
      connection
        .on("error", () => {})
        .on("close", () => {
          self.closed = Date.now();
        });
      connection.write(`${lines.join("\r\n")}\r\n\r\n`);
      const [head] = await once(connection, "data");
      assert.match(String(head), /^HTTP\/1\.1 101 /);
      connection.on("data", (data: Buffer) => {
        if (data[0] === 0x88) self.code = data.readUInt16BE(2);
      });
      return self;
    }
    const echoes = async ({ connection }: Socket) => {
      connection.write(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61]));
      const [data] = await Promise.race([once(connection, "data"), sleep(3000).then(() => [Buffer.alloc(0)])]);
      return (data as Buffer).includes("a");
    };
    const closesWithin = async (each: Socket, ms: number) => {
      const since = Date.now();
      await until("it is closed", () => each.closed !== undefined, 10);
      assert.ok((each.closed ?? 0) - since < ms, `after ${(each.closed ?? 0) - since} ms`);
    };

    it("are cut by signing out, and no others", async () => {
      const visitorAnn = person();
      const cookie = await visitorAnn.at(host("whoami"));
      const [anns, others] = [
        await socket("whoami", cookie),
        await socket("whoami", await person().at(host("whoami"))),
      ];
      assert.deepEqual([await echoes(anns), await echoes(others)], [true, true]);
      await open("whoami", "/sso-sign-out", cookie);
      await closesWithin(anns, 2000);
      assert.equal(anns.code, 1008);
      assert.equal(await echoes(others), true);
      others.connection.destroy();
    });
    it("are cut within a second when the person is removed, in old workers, too, and nobody else's", async () => {
      const [anns, bobs, cats] = [
        await socket("whoami", await person().at(host("whoami"))),
        await socket("narrow", await person(bob).at(host("narrow"))),
        await socket("whoami", await person(cat).at(host("whoami"))),
      ];
      // A reload, after which the sockets belong to old workers.
      await release({ home: "home" });
      assert.deepEqual([await echoes(anns), await echoes(bobs), await echoes(cats)], [true, true, true]);
      await release({ home: "home", allow: [ann, bob] });
      await closesWithin(cats, 2000);
      assert.deepEqual([await echoes(anns), await echoes(bobs)], [true, true]);
      // Only from the narrower list of one app.
      await release({
        home: "home",
        allow: [ann, bob],
        apps: [
          { ...image, name: "whoami" },
          { ...image, name: "narrow", allow: [ann] },
        ],
      });
      await closesWithin(bobs, 2000);
      assert.equal(await echoes(anns), true);
      await release();
      assert.equal(await echoes(anns), true);
      anns.connection.destroy();
    });
    it("survive many releases, and leave only some old workers behind", async () => {
      const anns = await socket("whoami", await person().at(host("whoami")));
      const kept = [];
      for (let count = 0; count < 5; count++) {
        kept.push(await socket("whoami", await person().at(host("whoami"))));
        await site.exec("nginx", ["sh", "/site/current/reload.sh"]);
      }
      const { output } = await run("docker", ["top", await site.container("nginx"), "-eo", "pid,args"]);
      const old = output.match(/worker process is shutting down/g) ?? [];
      assert.ok(old.length >= 3 && old.length <= 6, `${old.length} old workers`);
      assert.ok(await echoes(kept.at(-1) as Socket));
      for (const each of [anns, ...kept]) each.connection.destroy();
      await until("old workers end with their last socket", async () => {
        const { output } = await run("docker", ["top", await site.container("nginx"), "-eo", "pid,args"]);
        return !output.includes("shutting down");
      });
    });
  });

  it("leaves no secret in nginx's log", async () => {
    const { output } = await run("docker", ["logs", await site.container("nginx")]);
    assert.match(output, /\/sso-return\//);
    assert.doesNotMatch(output, /pass=|__Host-|[0-9]{13}\.[\w-]{20}/);
  });
});
