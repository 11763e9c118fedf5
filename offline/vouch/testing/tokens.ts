import { createHmac } from "node:crypto";

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

interface Variant {
  /** Changes to the valid payload; undefined deletes a key. */
  payload?: object;
  /** Changes to the valid custom claims. */
  claims?: object;
  alg?: string;
  secret?: string;
}

const hour = 3600;
const now = (): number => Math.floor(Date.now() / 1000);

/** How each of the contract's tokens differs from the valid one. */
const variants: Record<string, () => Variant> = {
  validCookie: () => ({}),
  cachedCookie: () => ({}),
  loggedOutCookie: () => ({}),
  freshCookie: () => ({}),
  expiredCookie: () => ({ payload: { exp: now() - 73 * hour } }),
  otherSecretCookie: () => ({ secret: "another secret of more than 44 characters, as is due" }),
  hs512Cookie: () => ({ alg: "HS512" }),
  algNoneCookie: () => ({ alg: "none" }),
  futureNbfCookie: () => ({ payload: { nbf: now() + hour } }),
  futureIatCookie: () => ({ payload: { iat: now() + hour } }),
  noExpCookie: () => ({ payload: { exp: undefined } }),
  otherIssCookie: () => ({ payload: { iss: "somebody" } }),
  otherAudCookie: () => ({ payload: { aud: "somewhere.test" } }),
  emptyUserCookie: () => ({ payload: { username: "" } }),
  noClaimsCookie: () => ({ payload: { CustomClaims: {} } }),
  unverifiedCookie: () => ({ claims: { email_verified: false } }),
  nullClaimCookie: () => ({ claims: { email_verified: null } }),
  mixedCaseCookie: () => ({ payload: { username: "Alice@Example.ORG" } }),
  newlineCookie: () => ({ claims: { name: "a\r\nX-Evil: 1" } }),
};

let issued = 0;

/** A token by its name in the contract; each differs from all issued before. */
export function makeToken(name: string, secret: string): string {
  if (name === "tamperedCookie") {
    const [header, payload, signature = ""] = makeToken("validCookie", secret).split(".");
    return [header, payload, (signature.startsWith("A") ? "B" : "A") + signature.slice(1)].join(".");
  }
  const variant = variants[name]?.();
  if (!variant) throw new Error(`the contract names a token that the tests cannot create: ${name}`);
  const { alg = "HS256" } = variant;
  const payload = {
    username: "alice@example.org",
    CustomClaims: {
      email: "alice@example.org",
      email_verified: true,
      name: "Alice A",
      groups: ["g1", "g 2"],
      ...variant.claims,
    },
    PAccessToken: "",
    PIdToken: "",
    aud: "lab.test",
    exp: now() + hour + ++issued,
    iss: "Vouch",
    ...variant.payload,
  };
  const signed = `${encode({ alg, typ: "JWT" })}.${encode(payload)}`;
  if (alg === "none") return `${signed}.`;
  const signature = createHmac(`sha${alg.slice(2)}`, variant.secret ?? secret).update(signed);
  return `${signed}.${signature.digest("base64url")}`;
}
