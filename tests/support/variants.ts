import { clientCertificate, selfSigned } from "../../offline/support/certificate.ts";
import { imageMirror } from "./images.ts";
import { type Changes, hostNames, secrets, siteWith } from "./site.ts";
import { oddTexts } from "./texts.ts";

const people = Array.from({ length: 200 }, (_, number) => `person.${number}@department-${number}.example.com`);
const longAddress = `${"a".repeat(64)}@${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.com`;
const user = (email: string, name?: string) => (name === undefined ? { email } : { email, name });
const client = { clientId: "0oa1: #x", clientSecret: `secret-'"\\$of: the client` };

/** Unusual settings and layouts that test the generated files, by their name. */
export const variants: Record<string, Changes> = {
  "the settings as they come": {},
  "the ports of the web": { settings: { port: "443", httpPort: "80" } },
  "the shortest domain": { settings: { domain: "a.b" } },
  "a domain of 245 characters": { settings: { domain: `${"a.".repeat(117)}example.com` } },
  "a domain of the longest labels": {
    settings: { domain: `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.example.com` },
  },
  "200 people and 50 domains on the list": {
    settings: { allow: [...people, ...people.slice(0, 50).map((address) => address.replace(/^.*@/, "@"))] },
  },
  "odd addresses on the list": {
    settings: {
      allow: [
        "o'brien+x@example.com",
        "~x&y=z!#/%@example.com",
        "default@example.com",
        "@sub-1.example.co.uk",
        longAddress,
      ],
    },
  },
  "200 users with names": {
    settings: { signIn: { users: people.map((email, number) => user(email, `Person ${number}`)) } },
    secrets: { passwordHashes: Object.fromEntries(people.map((email) => [email, "$2b$10$hash"])) },
  },
  "names in any script": {
    settings: {
      signIn: {
        users: [
          user("ann@example.com", "Ann O'Neill; {x} #1"),
          user("bob@example.com", "李 🌱".repeat(16)),
          user("default@example.com", "default"),
          user("none@example.com"),
          user(longAddress, "yes: no"),
        ],
      },
    },
    secrets: {
      passwordHashes: {
        ...secrets.passwordHashes,
        "default@example.com": "",
        "none@example.com": "",
        [longAddress]: "",
      },
    },
  },
  "apps with all there is to set": {
    settings: {
      home: "home",
      database: "true",
      apps: [
        {
          name: "a-2",
          image: "ghcr.io/some/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
          port: 65535,
          title: "Ann's & Bob's {#1}; 李 🌱",
          environment: {
            ...{ A: "it's $HOME $$ {y}: #1", B: 1, C: true, D: "", no: "x", null: "x", Y: "x" },
            ...Object.fromEntries(oddTexts.map((text, number) => [`T${number}`, text])),
          },
          secrets: { E: "x" },
          volumes: ["/data", "/var/lib/a@b+c/.d"],
          files: { "/srv/.config": "files/php-demo", "/etc/a": "files/php-demo/public" },
          database: true,
          schema: "files/php-demo/schema.sql",
          shared: true,
          memory: "1g",
          allow: ["o'brien+x@example.com", "@sub-1.example.co.uk", "default@example.com", longAddress],
          path: "/a/b?c=1&d=%20",
          websocket: true,
          crossSite: true,
        },
        { name: "a".repeat(32), image: "nginx:1.30.4", port: 80, allow: ["@example.com"] },
        // Not all of oddNames, because Docker has addresses for only about thirty networks.
        ...["2026-08-17", "0b11", "people"].map((name) => ({ name, image: "nginx:1.30.4", port: 80 })),
      ],
    },
    secrets: {
      appDatabasePasswords: { "a-2": "secret-password" },
      appSecrets: { "a-2": { E: `it's "odd" $HOME \\ #1` } },
    },
  },
  "a history of notebooks, databases and apps": {
    settings: {
      database: "true",
      history: { every: 30, keep: { all: 2 }, maxPercent: 10 },
      apps: [{ name: "notes", image: "nginx:1.30.4", port: 80, volumes: ["/data", "/var/lib/x"] }],
    },
  },
  "a history by a timer of the host": { settings: { history: { every: 15 } }, layout: { systemd: true } },
  "a backup in a folder": {
    settings: { history: { every: 15 }, backup: { to: "/mnt/it's $HOME" } },
  },
  "a backup by a timer of the host": {
    settings: { history: { every: 15 }, backup: { to: "/mnt/backup", keep: { hourly: 0 } } },
    layout: { systemd: true },
  },
  "a server for each person": {
    settings: {
      people: "own",
      servers: { memory: "512m", idle: "30m", most: 3 },
      database: "true",
      history: { every: 15 },
      allow: ["ann@example.com", "@example.org"],
    },
  },
  "a server for each person, at GitHub and by a timer of the host": {
    settings: { people: "own", signIn: { provider: "github", ...client }, allow: ["ann-lee"], history: { every: 15 } },
    layout: { systemd: true },
  },
  "a site that is open to the world": { layout: { public: true, address: "0.0.0.0" } },
  "a site behind Cloudflare": {
    edge: { ipv4: ["173.245.48.0/20", "103.21.244.0/22"], ipv6: ["2400:cb00::/32"] },
    secrets: clientCertificate(),
  },
  "people of Okta": { settings: { signIn: { provider: "okta", domain: "dev-123456.okta.com", ...client } } },
  "people of Google": { settings: { signIn: { provider: "google", ...client } } },
  "people of GitHub": { settings: { signIn: { provider: "github", ...client }, allow: ["ann-lee", "b0b"] } },
  "people of any OpenID Connect provider": {
    settings: {
      signIn: {
        provider: "oidc",
        authUrl: "https://id.example.com/authorize?prompt=login",
        tokenUrl: "https://id.example.com/token",
        userInfoUrl: "https://id.example.com/userinfo",
        ...client,
      },
    },
  },
  "odd names of folders": { layout: { data: "/srv/it's $HOME", notebooks: '/srv/$$HOME "{x}": [#1]' } },
};

/** A variant for this machine, with its images and a valid certificate. */
export function onThisMachine({ settings, layout, secrets, ...others }: Changes): Changes {
  const here = { ...others, settings: { imageMirror, ...settings }, layout: { ...layout } };
  return { ...here, secrets: { ...selfSigned(hostNames(siteWith(here))), ...secrets } };
}
