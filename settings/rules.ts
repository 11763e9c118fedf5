import { z } from "zod";
import { whatIsWrongAt } from "./allow.ts";
import type { CheckedApp } from "./apps/app.ts";
import { hostNamesOf } from "./catalog.ts";
import { whatIsWrongWithCertificate, whatIsWrongWithKey } from "./certificate.ts";
import { isProxied } from "./dns.ts";
import { LONGEST_NAME } from "./domain.ts";
import { format, setThis, withFix } from "./issues.ts";
import { TAG_EXAMPLE, whatIsWrongWithTag } from "./jupyter/image.ts";
import type { Given } from "./schema.ts";
import { SET_PRIVATE_KEY } from "./target/ssh.ts";
import { SET_TLS_CERTIFICATE, SET_TLS_KEY, tlsMode } from "./tls.ts";

/** Settings that are good by themselves, and do not fit each other. */

export interface CrossFieldIssue {
  /** The setting that it is reported at. */
  path: (string | number)[];
  message: string;
}

/** A setting that is wrong by itself is missing here, or of another type. */
type Partly = Partial<Given>;

export function crossFieldIssues(given: Partly): CrossFieldIssue[] {
  return RULES.flatMap((rule) => rule(given));
}

function imageTagIssues({ image, imageTag }: Partly): CrossFieldIssue[] {
  const wrong = whatIsWrongWithTag(image, imageTag);
  return wrong ? [{ path: ["imageTag"], message: withFix(wrong, TAG_EXAMPLE) }] : [];
}

function portsIssues({ port, httpPort }: Partly): CrossFieldIssue[] {
  if (typeof port !== "number" || port !== httpPort) return [];
  const free = httpPort === 8080 ? 8081 : 8080;
  const sentence = `${httpPort} is the HTTPS port, too; the two need different ones.`;
  return [{ path: ["httpPort"], message: withFix(sentence, `pulumi config set httpPort ${free}`) }];
}

/** Every allow list, by where it stands. */
function peopleIssues({ signIn, allow, apps }: Partly): CrossFieldIssue[] {
  const provider = signIn?.provider ?? "dex";
  const example = provider === "github" ? "ann-lee" : "ann@example.com";
  const lists: [path: (string | number)[], list: unknown][] = [
    [["allow"], allow],
    ...appsOf(apps).map(([index, app]): [(string | number)[], unknown] => [["apps", index, "allow"], app.allow]),
  ];
  return lists.flatMap(([path, list]) =>
    listOf(list).flatMap((entry, index): CrossFieldIssue[] => {
      const wrong = typeof entry === "string" ? whatIsWrongAt(provider, entry.trim().toLowerCase()) : undefined;
      return wrong
        ? [{ path: [...path, index], message: withFix(`${format(entry)} ${wrong}.`, setThis(example)) }]
        : [];
    }),
  );
}

function gcpIssues({ target, project, sshFrom }: Partly): CrossFieldIssue[] {
  if (target !== "gcp") return [];
  return [
    ...when(project === undefined, "project", [
      "the Google Cloud project that the VM is to be made in is missing (gcloud projects list shows yours).",
      "pulumi config set project my-project-123456",
    ]),
    ...when(sshFrom?.length === 0, "sshFrom", [
      "nobody could reach the VM by SSH, and `pulumi up` comes that way. Name the addresses you come from (curl https://ifconfig.me shows yours):",
      "pulumi config set --path 'sshFrom[0]' 203.0.113.7/32",
    ]),
  ];
}

function sshIssues({ target, ssh, dns }: Partly): CrossFieldIssue[] {
  if (target !== "ssh" || typeof ssh !== "object") return [];
  const { host, port = 22, privateKey, hostKey, address } = ssh;
  const hostIsName = typeof host === "string" && !z.ipv4().safeParse(host).success;
  const scan = `ssh-keyscan -t ed25519 -p ${port} ${host ?? "203.0.113.7"} 2>/dev/null | cut -d ' ' -f 2-`;
  return [
    ...when(host === undefined, "ssh.host", [
      "the machine is missing: its name or address.",
      "pulumi config set --path ssh.host 203.0.113.7",
    ]),
    ...when(privateKey === undefined, "ssh.privateKey", [
      "the private key that the machine lets in is missing.",
      SET_PRIVATE_KEY,
    ]),
    ...when(hostKey === undefined, "ssh.hostKey", [
      "the machine's host key is missing, without which anybody on the way could pose as it. Compare what this fetches with /etc/ssh/ssh_host_ed25519_key.pub on the machine itself:",
      `pulumi config set --path ssh.hostKey "$(${scan})"`,
    ]),
    ...when(typeof hostKey === "string" && hostKey.trim().startsWith("ssh-rsa "), "ssh.hostKey", [
      "found a key of type ssh-rsa, for which Pulumi asks with a SHA-1 signature, and sshd gives none any more. Set the machine's ed25519 key. Compare what this fetches with /etc/ssh/ssh_host_ed25519_key.pub on the machine itself:",
      `pulumi config set --path ssh.hostKey "$(${scan})"`,
    ]),
    ...when(dns === "cloudflare" && hostIsName && address === undefined, "ssh.address", [
      `the site's names need an IPv4 address to lead to, and ${format(host)} is a name.`,
      "pulumi config set --path ssh.address 203.0.113.7",
    ]),
  ];
}

/** Browsers look for nothing below .localhost but on the machine they run on. */
function domainIssues({ target, domain }: Partly): CrossFieldIssue[] {
  const wrong =
    target !== "local" && target !== undefined && typeof domain === "string" && /(^|\.)localhost$/.test(domain);
  return when(wrong, "domain", [
    `${format(domain)} leads every browser to its own machine, and this site runs on another one.`,
    "pulumi config set domain example.com",
  ]);
}

/** Which zone it is, Cloudflare is asked. */
function dnsZoneIssues({ target, domain, dns, dnsZone }: Partly): CrossFieldIssue[] {
  if (target === "local" || dns !== "cloudflare" || !dnsZone || typeof domain !== "string") return [];
  return when(domain !== dnsZone && !domain.endsWith(`.${dnsZone}`), "dnsZone", [
    `the domain ${domain} does not lie in the zone ${dnsZone}. Without dnsZone, its zone is looked up at Cloudflare:`,
    "pulumi config rm dnsZone",
  ]);
}

function tlsIssues(given: Partly): CrossFieldIssue[] {
  const web = webOf(given);
  if (!web) return [];
  const mode = tlsMode(web);
  const proxied = isProxied(web);
  const noRecords = web.target === "local" || web.dns === "none";
  return [
    ...when(mode === "cloudflare-origin" && !proxied, "tls", [
      "Cloudflare's origin certificates are trusted by Cloudflare alone, and this site is not behind it.",
      `pulumi config set tls ${noRecords ? "private-ca" : "letsencrypt"}`,
    ]),
    ...when(mode === "letsencrypt" && noRecords, "tls", [
      web.target === "local"
        ? "Let's Encrypt has no certificates for a site on this machine, which nobody else reaches."
        : "Let's Encrypt asks for a DNS record of the domain, which the site can set at Cloudflare only (dns: cloudflare).",
      "pulumi config set tls private-ca",
    ]),
    ...when(mode === "letsencrypt" && proxied, "tls", [
      "behind Cloudflare only Cloudflare sees the site's certificate; one of its own lasts 15 years, and nothing has to be renewed.",
      "pulumi config rm tls",
    ]),
    ...when(mode === "letsencrypt" && !proxied && !noRecords && given.acmeEmail === undefined, "acmeEmail", [
      "Let's Encrypt keeps an account for the certificates, and wants its address.",
      "pulumi config set acmeEmail ann@example.com",
    ]),
  ];
}

/** A certificate of the user's own. */
function certificateIssues({ tls, tlsCertificate, tlsKey, domain, home, signIn, apps }: Partly): CrossFieldIssue[] {
  if (tls !== "provided") return [];
  const named = appsOf(apps).flatMap(([, { name }]) => (name ? [{ name }] : []));
  const names = typeof domain === "string" && signIn ? hostNamesOf({ domain, home, signIn, apps: named }) : [];
  const missing = ["the certificate is missing: the chain in PEM form, the site's own first."];
  const wrong = tlsCertificate ? whatIsWrongWithCertificate(tlsCertificate, names, new Date()) : missing;
  const wrongKey = tlsKey
    ? whatIsWrongWithKey(tlsKey, tlsCertificate ?? "")
    : "the certificate's private key is missing.";
  // A text that is no PEM at all has been said to be none.
  const isPem = (text: unknown) => text === undefined || `${text}`.startsWith("-----BEGIN");
  return [
    ...wrong.flatMap((sentence) => when(isPem(tlsCertificate), "tlsCertificate", [sentence, SET_TLS_CERTIFICATE])),
    ...when(wrongKey !== undefined && isPem(tlsKey), "tlsKey", [wrongKey ?? "", SET_TLS_KEY]),
  ];
}

function appsIssues({ apps, purge, home, database, domain }: Partly): CrossFieldIssue[] {
  return appsOf(apps).flatMap(([index, { name, database: wantsDatabase }]): CrossFieldIssue[] => {
    const purged = listOf(purge).indexOf(name);
    const inFull = `${name}.${domain}`;
    return [
      ...when(typeof name === "string" && purged !== -1, `purge[${purged}]`, [
        `${format(name)} is an app of the site; its data cannot be taken away under it.`,
        `pulumi config rm --path 'purge[${purged}]'`,
      ]),
      ...when(typeof name === "string" && name === home, "home", [
        `${format(home)} is the name of an app.`,
        "pulumi config set home home",
      ]),
      ...when(
        typeof name === "string" && typeof domain === "string" && inFull.length > LONGEST_NAME,
        `apps[${index}].name`,
        [
          `with the domain behind it, the app's name has ${inFull.length} characters; ${LONGEST_NAME} is the most.`,
          `pulumi config set --path 'apps[${index}].name' app`,
        ],
      ),
      ...when(wantsDatabase === true && database === false, `apps[${index}].database`, [
        "there is no MariaDB for this (database: false).",
        "pulumi config set database true",
      ]),
    ];
  });
}

/** One issue or none. `key` is as Pulumi writes a path: `ssh.host`, `apps[0].name`. */
function when(wrong: boolean, key: string, [sentence, fix]: [sentence: string, fix: string]): CrossFieldIssue[] {
  const path = [...key.matchAll(/[A-Za-z]+|\d+/g)].map(([part]) => (/\d/.test(part) ? Number(part) : part));
  return wrong ? [{ path, message: withFix(sentence, fix) }] : [];
}

/** How a browser reaches and trusts the site, unless one of the settings for it is wrong by itself. */
function webOf({ target, domain, dns, proxied, tls }: Partly) {
  if (!target || typeof domain !== "string" || !dns || typeof proxied !== "boolean") return undefined;
  return { target, domain, dns, proxied, tls };
}

/** The apps that are objects, by their place on the list. */
const appsOf = (apps: unknown) =>
  listOf<Partial<CheckedApp> | null>(apps).flatMap((app, index): [number, Partial<CheckedApp>][] =>
    typeof app === "object" && app !== null ? [[index, app]] : [],
  );

/** A list, or nothing where the setting is wrong by itself. */
const listOf = <Item = unknown>(value: unknown): Item[] => (Array.isArray(value) ? value : []);

const RULES = [
  imageTagIssues,
  portsIssues,
  peopleIssues,
  gcpIssues,
  sshIssues,
  domainIssues,
  dnsZoneIssues,
  tlsIssues,
  certificateIssues,
  appsIssues,
];
