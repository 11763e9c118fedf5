import { z } from "zod";
import { whatIsWrongAt } from "./allow.ts";
import type { App } from "./apps.ts";
import { namesAskedFor } from "./catalog.ts";
import { whatIsWrongWithCertificate, whatIsWrongWithKey } from "./certificate.ts";
import { LONGEST_NAME } from "./domain.ts";
import { TAG_EXAMPLE, whatIsWrongWithTag } from "./image.ts";
import { fault, setThis, shown } from "./issues.ts";
import type { Given } from "./schema.ts";
import { SET_PRIVATE_KEY } from "./ssh.ts";
import { isProxied, SET_TLS_CERTIFICATE, SET_TLS_KEY, tlsOf } from "./web.ts";

/** What fits each setting alone, and not together. */

/** Where a fault is shown, and its words. */
export type Between = [path: (string | number)[], message: string];

/** A setting that is wrong by itself is missing here, or of another type. */
type Partly = Partial<Given>;

export function faultsBetween(given: Partly): Between[] {
  const rules = [ofTag, ofPorts, ofPeople, ofGcp, ofSsh, ofDomain, ofZone, ofTls, ofCertificate, ofApps];
  return rules.flatMap((rule) => rule(given));
}

function ofTag({ image, imageTag }: Partly): Between[] {
  const wrong = whatIsWrongWithTag(image, imageTag);
  return wrong ? [[["imageTag"], fault(wrong, TAG_EXAMPLE)]] : [];
}

function ofPorts({ port, httpPort }: Partly): Between[] {
  if (typeof port !== "number" || port !== httpPort) return [];
  const free = httpPort === 8080 ? 8081 : 8080;
  const sentence = `${httpPort} is the HTTPS port, too; the two need different ones.`;
  return [[["httpPort"], fault(sentence, `pulumi config set httpPort ${free}`)]];
}

/** Every list of people, by where it stands. */
function ofPeople({ signIn, allow, apps }: Partly): Between[] {
  const provider = signIn?.provider ?? "dex";
  const example = provider === "github" ? "ann-lee" : "ann@example.com";
  const lists: [path: (string | number)[], list: unknown][] = [
    [["allow"], allow],
    ...appsOf(apps).map(([index, app]): [(string | number)[], unknown] => [["apps", index, "allow"], app.allow]),
  ];
  return lists.flatMap(([path, list]) =>
    listOf(list).flatMap((entry, index): Between[] => {
      const wrong = typeof entry === "string" ? whatIsWrongAt(provider, entry.trim().toLowerCase()) : undefined;
      return wrong ? [[[...path, index], fault(`${shown(entry)} ${wrong}.`, setThis(example))]] : [];
    }),
  );
}

function ofGcp({ target, project, sshFrom }: Partly): Between[] {
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

function ofSsh({ target, ssh, dns }: Partly): Between[] {
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
      `the site's names need an IPv4 address to lead to, and ${shown(host)} is a name.`,
      "pulumi config set --path ssh.address 203.0.113.7",
    ]),
  ];
}

/** Browsers look for nothing below .localhost but on the machine they run on. */
function ofDomain({ target, domain }: Partly): Between[] {
  const wrong =
    target !== "local" && target !== undefined && typeof domain === "string" && /(^|\.)localhost$/.test(domain);
  return when(wrong, "domain", [
    `${shown(domain)} leads every browser to its own machine, and this site runs on another one.`,
    "pulumi config set domain example.com",
  ]);
}

/** Which zone it is, Cloudflare is asked. */
function ofZone({ target, domain, dns, dnsZone }: Partly): Between[] {
  if (target === "local" || dns !== "cloudflare" || !dnsZone || typeof domain !== "string") return [];
  return when(domain !== dnsZone && !domain.endsWith(`.${dnsZone}`), "dnsZone", [
    `the domain ${domain} does not lie in the zone ${dnsZone}. Without dnsZone, its zone is looked up at Cloudflare:`,
    "pulumi config rm dnsZone",
  ]);
}

function ofTls(given: Partly): Between[] {
  const web = webOf(given);
  if (!web) return [];
  const tls = tlsOf(web);
  const noRecords = web.target === "local" || web.dns === "none";
  return [
    ...when(tls === "cloudflare-origin" && !isProxied(web), "tls", [
      "Cloudflare's origin certificates are trusted by Cloudflare alone, and this site is not behind it.",
      `pulumi config set tls ${noRecords ? "private-ca" : "letsencrypt"}`,
    ]),
    ...when(tls === "letsencrypt" && noRecords, "tls", [
      web.target === "local"
        ? "Let's Encrypt has no certificates for a site on this machine, which nobody else reaches."
        : "Let's Encrypt asks for a DNS record of the domain, which the site can set at Cloudflare only (dns: cloudflare).",
      "pulumi config set tls private-ca",
    ]),
    ...when(tls === "letsencrypt" && isProxied(web), "tls", [
      "behind Cloudflare only Cloudflare sees the site's certificate; one of its own lasts 15 years, and nothing has to be renewed.",
      "pulumi config rm tls",
    ]),
    ...when(tls === "letsencrypt" && !isProxied(web) && !noRecords && given.acmeEmail === undefined, "acmeEmail", [
      "Let's Encrypt keeps an account for the certificates, and wants its address.",
      "pulumi config set acmeEmail ann@example.com",
    ]),
  ];
}

/** A certificate of the user's own. */
function ofCertificate({ tls, tlsCertificate, tlsKey, domain, home, signIn, apps }: Partly): Between[] {
  if (tls !== "provided") return [];
  const named = appsOf(apps).flatMap(([, { name }]) => (name ? [{ name }] : []));
  const names = typeof domain === "string" && signIn ? namesAskedFor({ domain, home, signIn, apps: named }) : [];
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

function ofApps({ apps, purge, home, database, domain }: Partly): Between[] {
  return appsOf(apps).flatMap(([index, { name, database: wantsDatabase }]): Between[] => {
    const purged = listOf(purge).indexOf(name);
    const inFull = `${name}.${domain}`;
    return [
      ...when(typeof name === "string" && purged !== -1, `purge[${purged}]`, [
        `${shown(name)} is an app of the site; its data cannot be taken away under it.`,
        `pulumi config rm --path 'purge[${purged}]'`,
      ]),
      ...when(typeof name === "string" && name === home, "home", [
        `${shown(home)} is the name of an app.`,
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

/** One fault or none. `key` is as Pulumi writes a path: `ssh.host`, `apps[0].name`. */
function when(wrong: boolean, key: string, [sentence, mend]: [sentence: string, mend: string]): Between[] {
  const path = [...key.matchAll(/[A-Za-z]+|\d+/g)].map(([part]) => (/\d/.test(part) ? Number(part) : part));
  return wrong ? [[path, fault(sentence, mend)]] : [];
}

/** How the world finds and trusts the site, unless one of the settings that say so is wrong by itself. */
function webOf({ target, domain, dns, proxied, tls }: Partly) {
  if (!target || typeof domain !== "string" || !dns || typeof proxied !== "boolean") return undefined;
  return { target, domain, dns, proxied, tls };
}

/** The apps that are objects, by their place on the list. */
const appsOf = (apps: unknown) =>
  listOf<Partial<App> | null>(apps).flatMap((app, index): [number, Partial<App>][] =>
    typeof app === "object" && app !== null ? [[index, app]] : [],
  );

/** A list, or nothing where the setting is wrong by itself. */
const listOf = <Item = unknown>(value: unknown): Item[] => (Array.isArray(value) ? value : []);
