import { z } from "zod";
import { setBackupSecret } from "./backup.ts";
import { hostNamesOf } from "./catalog.ts";
import { whatIsWrongWithCertificate, whatIsWrongWithKey } from "./certificate.ts";
import { whatIsWrongWithDestination } from "./destination.ts";
import { isProxied } from "./dns.ts";
import { isOwnMachine, LONGEST_NAME } from "./domain.ts";
import { format, withFix } from "./issues.ts";
import { TAG_EXAMPLE, whatIsWrongWithTag } from "./jupyter/image.ts";
import { appsOf, type CrossFieldIssue, listOf, type Partly, when } from "./partly.ts";
import { keyIssues, peopleIssues } from "./peopleRules.ts";
import { OFF } from "./reboots.ts";
import { serversIssues } from "./serversRules.ts";
import { SET_PRIVATE_KEY } from "./target/ssh.ts";
import { SET_TLS_CERTIFICATE, SET_TLS_KEY, tlsMode } from "./tls.ts";

/** Rules across settings that are each valid alone. */

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
  const sentence = `${httpPort} is also the HTTPS port; the two need different ports.`;
  return [{ path: ["httpPort"], message: withFix(sentence, `pulumi config set httpPort ${free}`) }];
}

function gateIssues({ signIn }: Partly): CrossFieldIssue[] {
  const lacksIssuer = signIn?.provider === "oidc" && signIn.gate === "oauth2-proxy" && !signIn.issuerUrl;
  return when(lacksIssuer, "signIn", [
    "issuerUrl is missing: oauth2-proxy checks the signature of the provider's answer with the keys that it finds there.",
    "pulumi config set --path signIn.issuerUrl https://id.example.com",
  ]);
}

function gcpIssues({ target, project, sshFrom }: Partly): CrossFieldIssue[] {
  if (target !== "gcp") return [];
  return [
    ...when(project === undefined, "project", [
      "the Google Cloud project for the VM is missing (gcloud projects list shows yours).",
      "pulumi config set project my-project-123456",
    ]),
    ...when(sshFrom?.length === 0, "sshFrom", [
      "the list is empty, but `pulumi up` reaches the VM by SSH. Add the addresses you connect from (curl https://ifconfig.me shows yours):",
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
      "the machine's host name or address is missing.",
      "pulumi config set --path ssh.host 203.0.113.7",
    ]),
    ...when(privateKey === undefined, "ssh.privateKey", [
      "the private key for the machine is missing.",
      SET_PRIVATE_KEY,
    ]),
    ...when(hostKey === undefined, "ssh.hostKey", [
      "the machine's host key is missing; without it, an attacker on the network could impersonate the machine. Compare the key that this fetches with /etc/ssh/ssh_host_ed25519_key.pub on the machine:",
      `pulumi config set --path ssh.hostKey "$(${scan})"`,
    ]),
    ...when(typeof hostKey === "string" && hostKey.trim().startsWith("ssh-rsa "), "ssh.hostKey", [
      "found a key of type ssh-rsa, which Pulumi uses only with SHA-1 signatures, and sshd no longer makes those. Set the machine's ed25519 key. Compare the key that this fetches with /etc/ssh/ssh_host_ed25519_key.pub on the machine:",
      `pulumi config set --path ssh.hostKey "$(${scan})"`,
    ]),
    ...when(dns === "cloudflare" && hostIsName && address === undefined, "ssh.address", [
      `the DNS records need an IPv4 address, and ${format(host)} is a name.`,
      "pulumi config set --path ssh.address 203.0.113.7",
    ]),
  ];
}

/** Names below .localhost have no DNS records. `npm run open` leads them from the user's machine to the site. */
function domainIssues({ target, domain, dns }: Partly): CrossFieldIssue[] {
  const isElsewhere = target !== "local" && target !== undefined;
  const wrong = isElsewhere && dns !== "none" && typeof domain === "string" && isOwnMachine(domain);
  return when(wrong, "domain", [
    `${format(domain)} leads every browser to its own machine, but this site runs on another one. Set a domain of your own; or reach the site by an SSH forward only (npm run open), without DNS records: pulumi config set dns none`,
    "pulumi config set domain example.com",
  ]);
}

/** Checks only that the domain is inside the zone. Whether the zone exists, Cloudflare knows. */
function dnsZoneIssues({ target, domain, dns, dnsZone }: Partly): CrossFieldIssue[] {
  if (target === "local" || dns !== "cloudflare" || !dnsZone || typeof domain !== "string") return [];
  return when(domain !== dnsZone && !domain.endsWith(`.${dnsZone}`), "dnsZone", [
    `the domain ${domain} is not in the zone ${dnsZone}. Without dnsZone, the program looks up the zone at Cloudflare:`,
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
      "only Cloudflare trusts its origin certificates, and this site is not behind Cloudflare.",
      `pulumi config set tls ${noRecords ? "private-ca" : "letsencrypt"}`,
    ]),
    ...when(mode === "letsencrypt" && noRecords, "tls", [
      web.target === "local"
        ? "Let's Encrypt issues no certificates for a site that only this machine can reach."
        : "Let's Encrypt needs a DNS record of the domain, which the site can set only at Cloudflare (dns: cloudflare).",
      "pulumi config set tls private-ca",
    ]),
    ...when(mode === "letsencrypt" && proxied, "tls", [
      "behind Cloudflare, only Cloudflare sees the site's certificate; an origin certificate lasts 15 years and needs no renewal.",
      "pulumi config rm tls",
    ]),
    ...when(mode === "letsencrypt" && !proxied && !noRecords && given.acmeEmail === undefined, "acmeEmail", [
      "Let's Encrypt needs an address for the account of the certificates.",
      "pulumi config set acmeEmail ann@example.com",
    ]),
  ];
}

/** Checks the user's own certificate. */
function certificateIssues({ tls, tlsCertificate, tlsKey, domain, home, signIn, apps }: Partly): CrossFieldIssue[] {
  if (tls !== "provided") return [];
  const named = appsOf(apps).flatMap(([, { name }]) => (name ? [{ name }] : []));
  const names = typeof domain === "string" && signIn ? hostNamesOf({ domain, home, signIn, apps: named }) : [];
  const missing = ["the certificate chain in PEM format is missing; the site's own certificate comes first."];
  const wrong = tlsCertificate ? whatIsWrongWithCertificate(tlsCertificate, names, new Date()) : missing;
  const wrongKey = tlsKey
    ? whatIsWrongWithKey(tlsKey, tlsCertificate ?? "")
    : "the certificate's private key is missing.";
  // The schema has already reported text that is not PEM.
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
        `${format(name)} is still an app of the site; remove the app before its data.`,
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
          `the app's host name would have ${inFull.length} characters; ${LONGEST_NAME} is the maximum.`,
          `pulumi config set --path 'apps[${index}].name' app`,
        ],
      ),
      ...when(wantsDatabase === true && database === false, `apps[${index}].database`, [
        "the app needs MariaDB, which is off (database: false).",
        "pulumi config set database true",
      ]),
    ];
  });
}

function backupIssues({ backup, history, target, notebooks }: Partly): CrossFieldIssue[] {
  if (typeof backup !== "object" || backup === null || !target || typeof notebooks !== "string") return [];
  const { to, key, restore }: { to?: unknown; key?: unknown; restore?: unknown } = backup;
  if (to !== undefined && typeof to !== "string") return [];
  return [
    ...whatIsWrongWithDestination(backup, target, notebooks).flatMap(([setting, ...wrong]) =>
      when(true, `backup.${setting}`, wrong),
    ),
    ...when(to !== "none" && history?.every === 0, "backup", [
      "the backup is made from the history, which is off (history.every: 0).",
      "pulumi config set --path history.every 15",
    ]),
    ...when(restore !== undefined && key === undefined, "backup.key", [
      "a restore into a new stack needs the key of the backup, and it is missing.",
      setBackupSecret("key"),
    ]),
  ];
}

function rebootsIssues({ target, reboots }: Partly): CrossFieldIssue[] {
  return when(target === "local" && Boolean(reboots) && reboots !== OFF, "reboots", [
    `${format(reboots)} would reboot this machine, which is yours. Reboots are for targets gcp and ssh.`,
    "pulumi config rm reboots",
  ]);
}

/** The settings that decide how a browser reaches and trusts the site; undefined if one of them is invalid. */
function webOf({ target, domain, dns, proxied, tls }: Partly) {
  if (!target || typeof domain !== "string" || !dns || typeof proxied !== "boolean") return undefined;
  return { target, domain, dns, proxied, tls };
}

const RULES = [
  imageTagIssues,
  portsIssues,
  peopleIssues,
  serversIssues,
  gateIssues,
  keyIssues,
  gcpIssues,
  sshIssues,
  domainIssues,
  dnsZoneIssues,
  tlsIssues,
  certificateIssues,
  appsIssues,
  backupIssues,
  rebootsIssues,
];
