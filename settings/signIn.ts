import { z } from "zod";
import { ADDRESS, LONGEST_ADDRESS } from "./allow.ts";
import { isHttpsAddress, LABEL } from "./domain.ts";
import {
  alwaysOnLists,
  exactText,
  format,
  kindOf,
  removeFirst,
  repeated,
  setThis,
  THIS_KEY,
  text,
  whatIsWrongWithText,
  withFix,
} from "./issues.ts";
import { type Sealed, seal } from "./sensitive.ts";

const USER_EXAMPLE = "pulumi config set --path 'signIn.users[0].email' ann@example.com";
/** Cost 10 to 15: Dex refuses lower costs, and a sign-in at cost 16 takes seconds of a small machine's CPU. */
const BCRYPT = /^\$2[aby]\$1[0-5]\$[./A-Za-z0-9]{53}$/;

const nameIssue = (name: unknown) =>
  withFix(
    `${format(name)} cannot be shown as a name: use 1 to 64 characters without line breaks, double quotes, $ and \\, and no blanks at either end.`,
    setThis("'Ann Lee'"),
  );
const HASH_ISSUE = withFix(
  "this is not a bcrypt hash of cost 10 to 15. `htpasswd -nBC 10 ann` creates one (the part after the colon):",
  `pulumi config set --secret --path '${THIS_KEY}' '<hash>'`,
);

/** A user of the built-in provider. Without `passwordHash` a password is generated and kept in the stack's secrets. */
const dexUser = z.strictObject(
  {
    /** Address that the user signs in with. */
    email: text("an address to sign in with", setThis("ann@example.com"))
      .transform((email) => email.trim().toLowerCase())
      .refine((email) => ADDRESS.test(email) && email.length <= LONGEST_ADDRESS, {
        error: (issue) => withFix(`${format(issue.input)} is not an address.`, setThis("ann@example.com")),
      }),
    /** Name shown in JupyterLab, at most 64 characters. Default: the address. */
    name: z
      .string({ error: (issue) => nameIssue(issue.input) })
      .regex(/^(?!\s)[^\p{C}"\\$]{1,64}(?<!\s)$/u, { error: (issue) => nameIssue(issue.input) })
      .optional(),
    /** bcrypt hash of the user's own password, cost 10 to 15: `htpasswd -nBC 10 ann`. */
    passwordHash: z.string({ error: HASH_ISSUE }).regex(BCRYPT, { error: HASH_ISSUE }).optional(),
  },
  {
    error: (issue) =>
      issue.code === "invalid_type"
        ? withFix(
            `expected a user with an email, found ${format(issue.input)}.`,
            `pulumi config rm --path '${THIS_KEY}'`,
          )
        : undefined,
  },
);

/** Users of the built-in provider. */
const users = z
  .array(dexUser, {
    error: ({ input }) =>
      withFix(`the built-in provider needs a list of users, found ${format(input)}.`, removeFirst(input, USER_EXAMPLE)),
  })
  .superRefine((users, context) => {
    if (users.length === 0)
      context.addIssue({
        code: "custom",
        message: withFix("the built-in provider has no user, so nobody could sign in.", USER_EXAMPLE),
      });
    for (const index of repeated(users.map((user) => user?.email)))
      context.addIssue({
        code: "custom",
        path: [index, "email"],
        message: withFix(
          `${format(users[index]?.email)} is on the list twice.`,
          `pulumi config rm --path 'signIn.users[${index}]'`,
        ),
      });
  }, alwaysOnLists);

const CLIENT_ID = "pulumi config set --path signIn.clientId YOUR-CLIENT-ID";
/** Pulumi prompts for the value, so it stays out of the shell's history. */
export const SET_CLIENT_SECRET = "pulumi config set --secret --path signIn.clientSecret";

/** Refuses a credential that Vouch would not get unchanged. */
const asGiven = (what: string, fix: string) => (given: string, context: z.RefinementCtx) => {
  const wrong = given.trim() === "" ? "is empty" : whatIsWrongWithText(given);
  if (wrong) context.addIssue({ code: "custom", message: withFix(`the ${what} ${wrong}.`, fix) });
};

/** The credentials that the provider issued for this site. */
const client = {
  clientId: text("the client ID that the provider gave", CLIENT_ID).superRefine(asGiven("client ID", CLIENT_ID)),
  /** Secret. */
  clientSecret: z
    .string({ error: withFix("the client secret that the provider gave is missing.", SET_CLIENT_SECRET) })
    .superRefine(asGiven("client secret", SET_CLIENT_SECRET)),
};

/** An https URL of the provider, called by a browser or by Vouch. */
function endpoint(key: string, what: string) {
  const fix = `pulumi config set --path signIn.${key} https://id.example.com/${what}`;
  return text("an https address", fix)
    .trim()
    .refine(isHttpsAddress, { error: (issue) => withFix(`${format(issue.input)} is not an https address.`, fix) });
}

const OKTA_EXAMPLE = "pulumi config set --path signIn.domain dev-123456.okta.com";

/** The program that signs people in with the provider. */
const gate = {
  gate: z
    .enum(["vouch", "oauth2-proxy"], {
      error: (issue) =>
        withFix(
          `${format(issue.input)} is not a program that signs people in. Use vouch or oauth2-proxy.`,
          "pulumi config set --path signIn.gate vouch",
        ),
    })
    .optional(),
};

/** The providers with their settings. */
const providers = {
  /** Built into the site, with its own users. */
  dex: z.strictObject({ provider: z.literal("dex"), users, ...gate }),
  okta: z.strictObject({
    provider: z.literal("okta"),
    /** The organization's Okta domain: `dev-123456.okta.com`. */
    domain: text("Okta's domain of your organization", OKTA_EXAMPLE)
      .transform((domain) =>
        domain
          .trim()
          .toLowerCase()
          .replace(/^https:\/\//, "")
          .replace(/\/+$/, ""),
      )
      .refine((domain) => domain.split(".").length > 2 && domain.split(".").every((label) => LABEL.test(label)), {
        error: (issue) =>
          withFix(
            `${format(issue.input)} is not an organization's Okta domain, such as dev-123456.okta.com.`,
            OKTA_EXAMPLE,
          ),
      }),
    ...client,
    ...gate,
  }),
  google: z.strictObject({ provider: z.literal("google"), ...client, ...gate }),
  /** `allow` then lists GitHub user names, because GitHub reports no verified address. */
  github: z.strictObject({ provider: z.literal("github"), ...client, ...gate }),
  /** Any OpenID Connect provider with the claim `email_verified`. */
  oidc: z.strictObject({
    provider: z.literal("oidc"),
    authUrl: endpoint("authUrl", "authorize"),
    tokenUrl: endpoint("tokenUrl", "token"),
    userInfoUrl: endpoint("userInfoUrl", "userinfo"),
    /** Only with the gate oauth2-proxy, which reads the provider's other addresses and keys there. */
    issuerUrl: endpoint("issuerUrl", "").optional(),
    /** The provider's page that signs people out there. The page that says "You are signed out" has a link to it. */
    signOutUrl: endpoint("signOutUrl", "logout").optional(),
    ...client,
    ...gate,
  }),
};

const NAMES = Object.keys(providers).join(", ");

/** The identity provider. */
export const signIn = z.preprocess(
  // Pulumi drops Pulumi.yaml's default as soon as the user sets any part of signIn.
  (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? { provider: "dex", ...value } : value,
  z.discriminatedUnion(
    "provider",
    [providers.dex, providers.okta, providers.google, providers.github, providers.oidc],
    {
      error: (issue) =>
        typeof issue.input !== "object" || issue.input === null || Array.isArray(issue.input)
          ? withFix(
              `expected provider and users, found ${kindOf(issue.input)}.`,
              removeFirst(issue.input, USER_EXAMPLE),
            )
          : withFix(
              `${format((issue.input as { provider?: unknown }).provider)} is not a supported provider. Use one of: ${NAMES} (dex is built in).`,
              "pulumi config set --path signIn.provider dex",
            ),
    },
  ),
);

/** Any text; changing it signs everybody out. Absent: the keys stay. */
export const sessionRotation = exactText("any text", "pulumi config set sessionRotation 2026-11").transform(
  (text) => text || undefined,
);

type Checked = z.infer<typeof signIn>;
/** A user of the built-in provider. */
export type DexUser = Sealed<z.infer<typeof dexUser>, "passwordHash">;
/** The identity provider. Only the built-in one has users here. */
export type SignIn =
  | { provider: "dex"; users: DexUser[]; gate?: Checked["gate"] }
  | (Sealed<Exclude<Checked, { provider: "dex" }>, "clientSecret"> & { users: never[] });

/** Seals the secrets. Everything else, including addresses and names, is written to readable files. */
export function resolveSignIn(checked: Checked): SignIn {
  return checked.provider === "dex"
    ? { ...checked, users: checked.users.map((user) => seal(user, "passwordHash")) }
    : { ...seal(checked, "clientSecret"), users: [] };
}
