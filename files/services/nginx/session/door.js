/*
 * Sessions of nginx's host names.
 *
 * The gate is the host name at which people sign in; see docs/architecture/sign-in.md. It has a session of its own. Every other host
 * name gets one by a hand-over from the gate: a sealed value in an address, for this host name and this browser, usable once in the
 * next minute.
 *
 *   page without a session     GET jupyter.D/lab                       ask
 *   the gate                   GET gate.D/enter/jupyter.D/ATTEMPT/NONCE enter; without a session there, the person signs in first
 *   back                       GET jupyter.D/sso-return/ATTEMPT?pass=…  arrive
 *   the page                   GET jupyter.D/lab                        person
 */

import crypto from "crypto";
import cookies from "./cookies.js";
import random from "./random.js";

/** Seconds for which a hand-over can be used. */
const PASS_VALID = 60;
/** Seconds for which a browser may take to sign in. */
const ATTEMPT_VALID = 15 * 60;
const ENTER = /^\/enter\/([a-z0-9.-]{1,253})\/([0-9a-f]{32})\/([\w-]{43})(?:\/([\w-]{43}))?$/;

const SESSION = "__Host-session";
/** A secret of the browser at one host name. Only its hash leaves the browser with an attempt, so no other browser can end it. */
const NONCE = "__Host-nonce";
/** The cookie in which the gate's program keeps its answer. */
const ANSWER = "__Host-answer";
const ANSWERED = /^[\w.|=-]{1,4000}$/;

/** Text of a session's cookie: id, when it expires, person. nginx reads it, too, after it was checked; see maps.conf. */
const SESSION_TEXT = /^([0-9a-f]{16}-[\w-]{22})\.([0-9]{10})\.(.+)$/;
/** As in an address, but an e-mail address stays as it is. */
const written = (person) => encodeURIComponent(person).replace(/%40/g, "@").replace(/%2B/g, "+");

const STILL_SIGNED_IN = "A page of another site asked to sign you out. You are still signed in.\n";

const hash = (text) => crypto.createHash("sha256").update(text).digest("base64url");
const cookieOf = (r, name) => cookies.read(r.variables.http_cookie || "", name);

/**
 * @param given
 * @param given.settings See sessionSettings in session.ts.
 * @param given.seals Sealed values; see seal.js.
 * @param given.store The sessions; see store.js.
 * @param given.checked Cookies that were checked; see checked.js.
 * @param given.once Returns what was used; see once.js.
 * @param given.now Returns the time in milliseconds.
 * @param given.isListed Whether a person is on the site's allow list.
 */
function door(given) {
  const settings = given.settings;
  const seals = given.seals;
  const store = given.store;
  const checked = given.checked;
  const once = given.once;
  const now = given.now;
  const seconds = () => Math.floor(now() / 1000);
  const PASS = `pass ${settings.rotation}`;
  /** What a session's cookie is signed for: this host name only. */
  const purposeAt = (r) => `session ${settings.rotation} ${r.variables.host}`;

  /** The browser's session at this host name; undefined without one. */
  function sessionOf(r) {
    const text = SESSION_TEXT.exec(seals.verify(purposeAt(r), cookieOf(r, SESSION)) || "");
    if (!text || Number(text[2]) <= seconds() || !store.use(text[1])) return undefined;
    return { person: decodeURIComponent(text[3]), id: text[1], expires: Number(text[2]) };
  }

  /** The signed-in person; empty without a session. Sets the session's id. For the next seconds, nginx reads both in the cookie by itself. */
  function person(r) {
    const session = sessionOf(r);
    if (session === undefined) return "";
    const cookie = r.variables.session_cookie;
    // Only what nginx, too, reads as the cookie. It is empty if nginx cannot read the person in it.
    if (cookie === cookieOf(r, SESSION)) checked.add(`${r.variables.session_period}:${r.variables.host}:${cookie}`);
    // If the session has ended meanwhile, its marks may have been removed before this one was made.
    if (!store.isOpen(session.id)) {
      checked.forget(session.id);
      return "";
    }
    r.variables.session_id = session.id;
    return session.person;
  }

  /** Starts a session at this host name. */
  function begin(r, id, person, expires) {
    const cookie = seals.sign(purposeAt(r), `${id}.${expires}.${written(person)}`);
    return cookies.set(SESSION, cookie, expires - seconds());
  }

  /** The browser's secret at this host name, and the cookie that keeps it. */
  function nonceOf(r) {
    const nonce = cookieOf(r, NONCE) || random.text(16);
    return { hash: hash(nonce), cookie: cookies.set(NONCE, nonce, ATTEMPT_VALID) };
  }

  function redirect(r, to, newCookies) {
    r.headersOut["Set-Cookie"] = newCookies;
    r.return(r.method === "POST" ? 303 : 302, to);
  }

  /** Sends a page without a session to the gate. A cookie keeps the page's address until then. */
  function ask(r) {
    const nonce = nonceOf(r);
    const attempt = r.variables.request_id;
    const wanted = cookies.set("sso_return", r.variables.return_here, ATTEMPT_VALID, `/sso-return/${attempt}`);
    redirect(r, `${settings.gate}/enter/${r.variables.host}/${attempt}/${nonce.hash}`, [nonce.cookie, wanted]);
  }

  /** The gate: hands a session over to the host name that asks, or lets the person sign in and come back here. */
  function enter(r) {
    const asked = ENTER.exec(r.uri);
    if (!asked || settings.hosts.indexOf(asked[1]) === -1) return r.return(404);
    const session = sessionOf(r);
    if (session !== undefined) return pass(r, asked, session, []);
    if (asked[4] === undefined) return signIn(r, asked);
    // The browser comes back. It has to be the one that was sent to sign in; otherwise, somebody signs it in as somebody else.
    if (hash(cookieOf(r, NONCE)) !== asked[4]) return r.return(401);
    return comeBack(r, asked);
  }

  function signIn(r, asked) {
    const nonce = nonceOf(r);
    const back = `${settings.gate}/enter/${asked[1]}/${asked[2]}/${asked[3]}/${nonce.hash}`;
    redirect(r, `${settings.gate}/login?url=${back}`, [nonce.cookie]);
  }

  /** Asks the gate's program who has signed in. */
  async function comeBack(r, asked) {
    const kept = cookieOf(r, ANSWER);
    if (!ANSWERED.test(kept)) return r.return(401);
    r.variables.answer = `${ANSWER}=${kept}`;
    const answer = await r.subrequest("/who");
    if (answer.status === 401) return r.return(401);
    // Vouch says 200, and OAuth2 Proxy 202.
    if (answer.status !== 200 && answer.status !== 202) return r.return(503);
    const person = answer.headersOut[settings.who] || "";
    const isSure = settings.sure === "" || answer.headersOut[settings.sure] === "true";
    const forget = cookies.remove(ANSWER);
    if (person === "" || !isSure) return r.return(401);
    // The answer is valid for some minutes, but only this once: otherwise, it would bring back a session after signing out.
    if (!once().isFirst(`answer ${kept}`)) return redirect(r, r.uri.slice(0, r.uri.lastIndexOf("/")), [forget]);
    if (!given.isListed(person)) {
      r.headersOut["Set-Cookie"] = [forget];
      r.variables.visitor = person;
      return r.return(403);
    }
    const expires = seconds() + settings.max;
    const session = { person: person, id: store.start(person), expires: expires };
    pass(r, asked, session, [begin(r, session.id, person, expires), forget]);
  }

  /** Sends the browser back to the host name that asked, with a session to take over. */
  function pass(r, asked, session, newCookies) {
    const value = {
      person: session.person,
      id: session.id,
      host: asked[1],
      nonce: asked[3],
      once: random.text(16),
      until: seconds() + PASS_VALID,
      expires: session.expires,
    };
    const sealed = seals.seal(PASS, value);
    redirect(r, `https://${asked[1]}${settings.port}/sso-return/${asked[2]}?pass=${sealed}`, newCookies);
  }

  /** Takes over a session from the gate. */
  function arrive(r) {
    const forget = [cookies.remove("sso_return", r.uri)];
    if (sessionOf(r) !== undefined) return redirect(r, r.variables.resume_at, forget);
    const nonce = cookieOf(r, NONCE);
    if (nonce === "") return r.return(401);
    const session = seals.open(PASS, r.variables.arg_pass || "");
    const isGood =
      session !== undefined &&
      session.host === r.variables.host &&
      session.until > seconds() &&
      session.nonce === hash(nonce) &&
      store.use(session.id) &&
      once().isFirst(`pass ${session.once}`);
    if (!isGood) return r.return(400);
    const begun = begin(r, session.id, session.person, session.expires);
    redirect(r, r.variables.resume_at, forget.concat([begun, cookies.remove(NONCE)]));
  }

  /** Ends the session at all host names. The gate ends its own, which may be another one. */
  function signOut(r) {
    if (r.variables.sign_out === "elsewhere") return r.return(403, STILL_SIGNED_IN);
    const session = sessionOf(r);
    if (session !== undefined) store.end(session.id);
    leave(r);
  }

  /** Ends all sessions of the person. Only by a form, so that no link does it. */
  function signOutEverywhere(r) {
    if (r.variables.asked_from === "elsewhere") return r.return(403, STILL_SIGNED_IN);
    if (r.method !== "POST") return r.return(405);
    const session = sessionOf(r);
    if (session !== undefined) store.endAllOf(session.person);
    leave(r);
  }

  /** Removes the cookies here, and goes on at the gate. */
  function leave(r) {
    const isGate = settings.gate === `https://${r.variables.host}${settings.port}`;
    redirect(r, isGate ? `${settings.gate}/signed-out` : `${settings.gate}/logout`, [
      cookies.remove(SESSION),
      cookies.remove(ANSWER),
    ]);
  }

  /** Lets the gate's program set cookies for the gate's host name only, so that no other host name can set them. */
  function hostOnly(r) {
    const given = r.headersOut["Set-Cookie"];
    if (given) r.headersOut["Set-Cookie"] = given.map((cookie) => cookie.replace(/; *Domain=[^;]*/i, ""));
  }

  /** The cookies of started sign-ins, for OAuth2 Proxy. */
  function signInCookies(r) {
    return cookies.startingWith(`${ANSWER}_`, r.variables.http_cookie || "");
  }

  /** The cookies that an app gets. */
  function appCookies(r) {
    return cookies.withoutOwn(r.variables.http_cookie || "");
  }

  return { appCookies, signInCookies, person, ask, enter, arrive, signOut, signOutEverywhere, hostOnly };
}

export default door;
