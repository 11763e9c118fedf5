import * as pulumi from "@pulumi/pulumi";
import { inSecrets } from "./components/certificate.ts";
import { certificateFor } from "./components/certificateFor.ts";
import { cloudflareFor, webFrom } from "./components/cloudflare.ts";
import { DnsRecords } from "./components/dnsRecords.ts";
import { hostFor } from "./components/hostFor.ts";
import { OriginPulls } from "./components/originPulls.ts";
import { stackReadme } from "./components/readme.ts";
import { SiteRelease } from "./components/siteRelease.ts";
import { SiteSecrets } from "./components/siteSecrets.ts";
import { callbackUrl as callbackUrlOf } from "./files/names.ts";
import { hostNames, siteOf, urlsOf } from "./files/site.ts";
import { loadSettings } from "./settings/load.ts";
import { usersOf } from "./settings/signIn.ts";
import { isProxied } from "./settings/web.ts";

const settings = loadSettings();
const users = usersOf(settings.signIn);
const isLocal = settings.target === "local";

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

const firstUser = users[0]?.email ?? "";

/** Where JupyterLab is. */
export const url = site.names.origin("jupyter");
/** Where people sign in. */
export const signInUrl = `${site.names.origin("dex")}/auth`;
/** Folder of the machine where the notebooks lie. */
export const notebooks = host.place.notebooks;
/** Who can sign in first, and their generated password (empty when the settings have a hash of their own). */
export const user = firstUser;
export const password = secrets.passwords.apply((passwords) => passwords[firstUser] ?? "");
/** Everybody's generated passwords, by address. */
export const passwords = secrets.passwords;
/** PEM of the certificate authority that a browser may trust, where it is one of the stack's own. */
export const certificateAuthority = certificate.authority;

// What follows is of a machine other than this one.

/** Where each part of the site is. */
export const urls = isLocal ? undefined : urlsOf(site);
/** What to register at the identity provider. */
export const callbackUrl = isLocal ? undefined : callbackUrlOf(site.names);
/** Where the names lead to. */
export const address = isLocal ? undefined : host.address;
/** A line that opens a shell on the machine, and the private key for it where the stack has made it. */
export const ssh = host.ssh;
export const sshKey = host.sshKey;
/** What Pulumi's console shows beside the stack. */
export const readme = isLocal ? undefined : stackReadme();
