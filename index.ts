import * as pulumi from "@pulumi/pulumi";
import { announceCallback, announceNotices } from "./components/callbackNotice.ts";
import { inSecrets } from "./components/certificate.ts";
import { certificateFor } from "./components/certificateFor.ts";
import { cloudflareFor, webFrom } from "./components/cloudflare.ts";
import { DNS, DnsRecords } from "./components/dnsRecords.ts";
import { hostFor } from "./components/hostFor.ts";
import { OriginPulls } from "./components/originPulls.ts";
import { outputsOf } from "./components/outputs.ts";
import { SITE, SiteRelease } from "./components/siteRelease.ts";
import { SiteSecrets } from "./components/siteSecrets.ts";
import { composeProject } from "./components/stackNames.ts";
import { callbackUrl } from "./files/names.ts";
import { hostNames, siteOf } from "./files/site.ts";
import { loadSettings } from "./settings/load.ts";
import { isProxied } from "./settings/web.ts";

const settings = loadSettings();

const cloudflare = await cloudflareFor(settings);
const host = await hostFor(settings, { webFrom: webFrom(cloudflare) });
const project = composeProject(pulumi.getProject(), pulumi.getStack());
const site = siteOf(project, settings, host.place, cloudflare?.edge);
const names = hostNames(site);

const certificate = await certificateFor(settings, names);
const apiToken = new pulumi.Config("cloudflare").getSecret("apiToken");
const pulls = cloudflare?.edge && new OriginPulls("pulls", { zoneId: cloudflare.zoneId, names, apiToken });
const secrets = new SiteSecrets("secrets", settings);

new SiteRelease(SITE, { host, site, secrets: { ...secrets.values, ...inSecrets(certificate, pulls) } });
if (cloudflare)
  new DnsRecords(DNS, { zoneId: cloudflare.zoneId, names, address: host.address, proxied: isProxied(settings) });

announceNotices(settings);
announceCallback(settings.signIn, callbackUrl(site.names));

export default outputsOf({ settings, site, host, secrets, certificate });
