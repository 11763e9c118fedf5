import * as pulumi from "@pulumi/pulumi";
import { announceCallback } from "./components/callbackNotice.ts";
import { inSecrets } from "./components/certificate.ts";
import { certificateFor } from "./components/certificateFor.ts";
import { cloudflareFor, webFrom } from "./components/cloudflare.ts";
import { DnsRecords } from "./components/dnsRecords.ts";
import { hostFor } from "./components/hostFor.ts";
import { OriginPulls } from "./components/originPulls.ts";
import { stackReadme } from "./components/readme.ts";
import { SiteRelease } from "./components/siteRelease.ts";
import { SiteSecrets } from "./components/siteSecrets.ts";
import { callbackUrl } from "./files/names.ts";
import { hostNames, siteOf, urlsOf } from "./files/site.ts";
import { loadSettings } from "./settings/load.ts";
import { usersOf } from "./settings/signIn.ts";
import { isProxied } from "./settings/web.ts";

const settings = loadSettings();

const cloudflare = await cloudflareFor(settings);
const host = await hostFor(settings, { webFrom: webFrom(cloudflare) });
const site = siteOf(`${pulumi.getProject()}-${pulumi.getStack()}`, settings, host.place, cloudflare?.edge);
const names = hostNames(site);

const certificate = certificateFor(settings, names);
const pulls = cloudflare?.edge && new OriginPulls("pulls", { zoneId: cloudflare.zoneId, names });
const secrets = new SiteSecrets("secrets", settings);

new SiteRelease("site", { host, site, secrets: { ...secrets.values, ...inSecrets(certificate, pulls) } });
if (cloudflare)
  new DnsRecords("dns", { zoneId: cloudflare.zoneId, names, address: host.address, proxied: isProxied(settings) });

announceCallback(settings.signIn, callbackUrl(site.names));

const [firstUser] = usersOf(settings.signIn);
const isLocal = settings.target === "local";

/** What the stack puts out. Named exports would be warned of where they are undefined. */
export default {
  /** Where JupyterLab is. */
  url: site.names.origin("jupyter"),
  /** Folder of the machine where the notebooks lie. */
  notebooks: host.place.notebooks,
  ...(firstUser && {
    /** Where people sign in at the built-in provider. */
    signInUrl: `${site.names.origin("dex")}/auth`,
    /** Who can sign in first, and their generated password (empty when the settings have a hash of their own). */
    user: firstUser.email,
    password: secrets.passwords.apply((passwords) => passwords[firstUser.email] ?? ""),
    /** Everybody's generated passwords, by address. */
    passwords: secrets.passwords,
  }),
  /** PEM of the certificate authority that a browser may trust, where it is one of the stack's own. */
  ...(certificate.authority && { certificateAuthority: certificate.authority }),
  ...(!isLocal && {
    /** Where each part of the site is. */
    urls: urlsOf(site),
    /** What to register at the identity provider. */
    callbackUrl: callbackUrl(site.names),
    /** Where the names lead to. */
    address: host.address,
    /** What Pulumi's console shows beside the stack. */
    readme: stackReadme(),
  }),
  /** A line that opens a shell on the machine, and the private key for it where the stack has made it. */
  ...(host.ssh && { ssh: host.ssh }),
  ...(host.sshKey && { sshKey: host.sshKey }),
};
