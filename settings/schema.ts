import { z } from "zod";
import { allow, whatIsWrongAt } from "./allow.ts";
import { type App, apps, purge } from "./apps.ts";
import { whatIsWrongWithCertificate, whatIsWrongWithKey } from "./certificate.ts";
import { database, databaseRotation, databaseTag } from "./database.ts";
import { domain } from "./domain.ts";
import { always, fault, oneOf, shown } from "./faults.ts";
import { image, imageMirror, imageTag, TAG_EXAMPLE, whatIsWrongWithTag } from "./image.ts";
import { bootDiskGb, dataDiskGb, machineType, project, protectData, sshFrom, zone } from "./machine.ts";
import { namesAskedFor } from "./names.ts";
import { notebooks } from "./notebooks.ts";
import { packages } from "./packages.ts";
import { port } from "./ports.ts";
import { signIn } from "./signIn.ts";
import { ssh } from "./ssh.ts";
import {
  acmeEmail,
  acmeServer,
  dns,
  dnsZone,
  dnsZoneOf,
  home,
  isProxied,
  proxied,
  SET_CERTIFICATE,
  SET_KEY,
  tls,
  tlsCertificate,
  tlsKey,
  tlsOf,
} from "./web.ts";

/**
 * Everything a user can ask for. The schemas are the types and the documentation: each setting says what it is,
 * its default stands in Pulumi.yaml, and each fault is worded beside it, ending in the command that mends it.
 */
const settings = z.strictObject({
  /** Where the site runs. */
  target: oneOf("target", "no kind of machine this program knows. There are", ["local", "gcp", "ssh"]),
  domain,
  home,
  allow,
  signIn,
  image,
  imageTag,
  imageMirror,
  packages,
  database,
  databaseTag,
  databaseRotation,
  apps,
  purge,
  notebooks,
  /** HTTPS port on the loopback address; target local. */
  port: port("port", 8443),
  /** HTTP port on the loopback address; redirects to HTTPS; target local. */
  httpPort: port("httpPort", 8080),
  project,
  zone,
  machineType,
  bootDiskGb,
  dataDiskGb,
  protectData,
  sshFrom,
  ssh,
  dns,
  dnsZone,
  proxied,
  tls,
  tlsCertificate,
  tlsKey,
  acmeEmail,
  acmeServer,
});

type Checked = z.infer<typeof settings>;
/** A fault that lies between settings: the path it is shown at, and its words. */
type Between = [path: (string | number)[], message: string];

/** What fits each setting alone, and not together. A setting that is wrong by itself is missing here, or of another type. */
function faultsBetween(given: Partial<Checked>): Between[] {
  return [
    ...ofTag(given),
    ...ofPorts(given),
    ...ofPeople(given),
    ...ofTarget(given),
    ...ofWeb(given),
    ...ofCertificate(given),
    ...ofApps(given),
  ];
}

function ofTag({ image, imageTag }: Partial<Checked>): Between[] {
  const wrong = whatIsWrongWithTag(image, imageTag);
  return wrong ? [[["imageTag"], fault(wrong, TAG_EXAMPLE)]] : [];
}

function ofPorts({ port, httpPort }: Partial<Checked>): Between[] {
  if (typeof port !== "number" || port !== httpPort) return [];
  const free = httpPort === 8080 ? 8081 : 8080;
  const sentence = `${httpPort} is the HTTPS port, too; the two need different ones.`;
  return [[["httpPort"], fault(sentence, `pulumi config set httpPort ${free}`)]];
}

/** Every list of people, by where it stands. */
function ofPeople({ signIn, allow, apps }: Partial<Checked>): Between[] {
  const provider = signIn?.provider ?? "dex";
  const example = provider === "github" ? "ann-lee" : "ann@example.com";
  const lists: [(string | number)[], unknown][] = [
    [["allow"], allow],
    ...listOf<Partial<App>>(apps).map((app, index): [(string | number)[], unknown] => [
      ["apps", index, "allow"],
      app?.allow,
    ]),
  ];
  return lists.flatMap(([path, list]) =>
    listOf(list).flatMap((entry, index): Between[] => {
      const wrong = typeof entry === "string" ? whatIsWrongAt(provider, entry.trim().toLowerCase()) : undefined;
      const key = `${path
        .map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`))
        .join("")
        .slice(1)}[${index}]`;
      return wrong
        ? [[[...path, index], fault(`${shown(entry)} ${wrong}.`, `pulumi config set --path '${key}' ${example}`)]]
        : [];
    }),
  );
}

function ofTarget({ target, project, sshFrom, ssh }: Partial<Checked>): Between[] {
  const needed: [boolean, (string | number)[], string, string][] = [
    [
      target === "gcp" && !project,
      ["project"],
      "the Google Cloud project that the VM is to be made in is missing.",
      "pulumi config set project my-project-123456",
    ],
    [
      target === "gcp" && sshFrom?.length === 0,
      ["sshFrom"],
      "nobody could reach the VM by SSH, and `pulumi up` comes that way; name the addresses you come from (curl https://ifconfig.me shows yours).",
      "pulumi config set --path 'sshFrom[0]' 203.0.113.7/32",
    ],
    [
      target === "ssh" && !ssh?.host,
      ["ssh", "host"],
      "the machine is missing: its name or address.",
      "pulumi config set --path ssh.host 203.0.113.7",
    ],
    [
      target === "ssh" && !ssh?.privateKey,
      ["ssh", "privateKey"],
      "the key that the machine lets in is missing.",
      "cat ~/.ssh/id_ed25519 | pulumi config set --secret --path ssh.privateKey",
    ],
    [
      target === "ssh" && !ssh?.hostKey,
      ["ssh", "hostKey"],
      "the machine's host key is missing, without which anybody on the way could pose as it. Compare what this shows with /etc/ssh/ssh_host_ed25519_key.pub on the machine itself:",
      `pulumi config set --path ssh.hostKey "$(ssh-keyscan -t ed25519 -p ${ssh?.port ?? 22} ${ssh?.host ?? "203.0.113.7"} 2>/dev/null | cut -d ' ' -f 2-)"`,
    ],
  ];
  return needed.flatMap(([missing, path, sentence, command]): Between[] =>
    missing ? [[path, fault(sentence, command)]] : [],
  );
}

function ofWeb(given: Partial<Checked>): Between[] {
  const { target, domain, dns, proxied, ssh } = given;
  if (typeof domain !== "string" || !target || !dns || proxied === undefined) return [];
  const web = { ...given, target, domain, dns, proxied };
  const zone = dnsZoneOf(web);
  const tls = tlsOf(web);
  const faults: Between[] = [];
  if (target !== "local" && dns === "cloudflare") {
    if (domain !== zone && !domain.endsWith(`.${zone}`))
      faults.push([
        ["dnsZone"],
        fault(
          `the domain ${domain} does not lie in the zone ${zone}.`,
          `pulumi config set dnsZone ${domain.split(".").slice(-2).join(".")}`,
        ),
      ]);
    else if (isProxied(web) && domain !== zone)
      faults.push([
        ["proxied"],
        fault(
          `jupyter.${domain} lies two levels below the zone ${zone}, and Cloudflare's free certificate covers one. Let the names lead straight to the machine, or use the zone itself: pulumi config set domain ${zone}.`,
          "pulumi config set proxied false",
        ),
      ]);
    if (target === "ssh" && ssh?.host && !ssh.address && !z.ipv4().safeParse(ssh.host).success)
      faults.push([
        ["ssh", "address"],
        fault(
          `the names need an IPv4 address to lead to, and ${ssh.host} is a name.`,
          "pulumi config set --path ssh.address 203.0.113.7",
        ),
      ]);
  }
  if (tls === "cloudflare-origin" && !isProxied(web))
    faults.push([
      ["tls"],
      fault(
        "Cloudflare's origin certificates are trusted by Cloudflare alone, and this site is not behind it.",
        "pulumi config set tls letsencrypt",
      ),
    ]);
  if (tls === "letsencrypt" && (target === "local" || dns === "none"))
    faults.push([
      ["tls"],
      fault(
        "Let's Encrypt asks for a DNS record of the domain, and the site can set one at Cloudflare only (dns: cloudflare; not on this machine).",
        "pulumi config set tls private-ca",
      ),
    ]);
  if (tls === "letsencrypt" && isProxied(web))
    faults.push([
      ["tls"],
      fault(
        "behind Cloudflare the site needs no certificate that browsers trust; Cloudflare's own is renewed by nobody and lasts 15 years.",
        "pulumi config rm tls",
      ),
    ]);
  if (tls === "letsencrypt" && !given.acmeEmail)
    faults.push([
      ["acmeEmail"],
      fault(
        "Let's Encrypt wants an address for a word when a certificate is about to end.",
        "pulumi config set acmeEmail ann@example.com",
      ),
    ]);
  return faults;
}

/** A certificate of the user's own. */
function ofCertificate({ tls, tlsCertificate, tlsKey, ...given }: Partial<Checked>): Between[] {
  if (tls !== "provided") return [];
  const { domain, home, signIn } = given;
  const apps = listOf<App>(given.apps).filter((app) => app?.name);
  const names = typeof domain === "string" && signIn ? namesAskedFor({ domain, home, signIn, apps }) : [];
  // A text that is no PEM at all is a fault by itself.
  const isPem = (text: string) => text.startsWith("-----BEGIN ");
  const certificateFaults = !tlsCertificate
    ? ["the certificate is missing."]
    : isPem(tlsCertificate)
      ? whatIsWrongWithCertificate(tlsCertificate, names, new Date())
      : [];
  const keyFault = !tlsKey
    ? "the certificate's private key is missing."
    : isPem(tlsKey)
      ? whatIsWrongWithKey(tlsKey, tlsCertificate ?? "")
      : undefined;
  return [
    ...certificateFaults.map((sentence): Between => [["tlsCertificate"], fault(sentence, SET_CERTIFICATE)]),
    ...(keyFault ? ([[["tlsKey"], fault(keyFault, SET_KEY)]] satisfies Between[]) : []),
  ];
}

function ofApps({ apps, purge, home, database }: Partial<Checked>): Between[] {
  return listOf<Partial<App>>(apps).flatMap((app, index): Between[] => [
    ...(app?.name && listOf(purge).includes(app.name)
      ? ([
          [
            ["purge"],
            fault(
              `${shown(app.name)} is an app of the site; its data cannot be taken away under it.`,
              `pulumi config rm --path 'purge[${listOf(purge).indexOf(app.name)}]'`,
            ),
          ],
        ] satisfies Between[])
      : []),
    ...(app?.name && app.name === home
      ? ([
          [["home"], fault(`${shown(home)} is the name of an app.`, "pulumi config set home home")],
        ] satisfies Between[])
      : []),
    ...(app?.database && database === false
      ? ([
          [["apps", index, "database"], fault("there is no MariaDB for this.", "pulumi config set database true")],
        ] satisfies Between[])
      : []),
  ]);
}

/** A list, or nothing where the setting is wrong by itself. */
const listOf = <Item = unknown>(value: unknown): Item[] => (Array.isArray(value) ? value : []);

export const settingsSchema = settings.superRefine((given, context) => {
  for (const [path, message] of faultsBetween(given)) context.addIssue({ code: "custom", path, message });
}, always);

/** What the user asked for: complete, checked, and nothing else. */
export type Settings = z.infer<typeof settingsSchema>;
