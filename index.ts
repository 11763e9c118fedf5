import * as pulumi from "@pulumi/pulumi";
import { cloudflareFor, webFrom } from "./components/cloudflare/cloudflare.ts";
import { DNS, DnsRecords } from "./components/cloudflare/dnsRecords.ts";
import { OriginPulls } from "./components/cloudflare/originPulls.ts";
import { hostFor } from "./components/host/createHost.ts";
import { composeProject } from "./components/names.ts";
import { outputsOf } from "./components/outputs.ts";
import { announceCallback, announceNotices } from "./components/preflight/callbackNotice.ts";
import { SITE, SiteRelease } from "./components/release/siteRelease.ts";
import { SiteSecrets } from "./components/release/siteSecrets.ts";
import { inSecrets } from "./components/tls/certificate.ts";
import { certificateFor } from "./components/tls/createCertificate.ts";
import { callbackUrl } from "./files/site/names.ts";
import { hostNames, siteOf } from "./files/site/site.ts";
import { loadSettings } from "./settings/load.ts";
import { isProxied } from "./settings/web.ts";

const settings = loadSettings();

const cloudflare = await cloudflareFor(settings);
const host = await hostFor(settings, { webFrom: webFrom(cloudflare) });
const project = composeProject(pulumi.getProject(), pulumi.getStack());
const title = `${pulumi.getProject()} ${pulumi.getStack()}`;
const site = siteOf(project, settings, host.place, cloudflare?.edge);
const names = hostNames(site);

const certificate = await certificateFor(settings, names);
const apiToken = new pulumi.Config("cloudflare").getSecret("apiToken");
const pulls =
  cloudflare?.edge &&
  new OriginPulls("pulls", { zoneId: cloudflare.zoneId, names, authorityName: `${title} clients`, apiToken });
const secrets = new SiteSecrets("secrets", settings);

new SiteRelease(SITE, { host, site, secrets: { ...secrets.values, ...inSecrets(certificate, pulls) } });
if (cloudflare)
  new DnsRecords(DNS, {
    zoneId: cloudflare.zoneId,
    names,
    address: host.address,
    proxied: isProxied(settings),
    comment: title,
  });

announceNotices(settings);
announceCallback(settings.signIn, callbackUrl(site.names));

export default outputsOf({ settings, site, host, secrets, certificate });
