import "./components/startup.ts";
import * as pulumi from "@pulumi/pulumi";
import { DNS, DnsRecords } from "./components/cloudflare/dnsRecords.ts";
import { OriginPulls } from "./components/cloudflare/originPulls.ts";
import { explainErrors } from "./components/explain/explainErrors.ts";
import { createHost } from "./components/host/createHost.ts";
import { BACKUP_KEY, composeProject, stackFolder } from "./components/names.ts";
import { outputsOf } from "./components/outputs.ts";
import { preflight } from "./components/preflight/preflight.ts";
import { BackupKeyFile } from "./components/release/backupKeyFile.ts";
import { rollbackOf } from "./components/release/rollback.ts";
import { SITE, SiteRelease } from "./components/release/siteRelease.ts";
import { SiteSecrets } from "./components/release/siteSecrets.ts";
import { inSecrets } from "./components/tls/certificate.ts";
import { createCertificate } from "./components/tls/createCertificate.ts";
import { buildSite } from "./files/site/site.ts";
import { hasOwnBucket } from "./settings/backup.ts";
import { BUCKET } from "./settings/destination.ts";
import { loadSettings } from "./settings/load.ts";

const settings = loadSettings();
await explainErrors(settings.target.kind);
const found = await preflight(settings);

const { cloudflare } = found;
const { hostNames: names, dns } = settings;
const host = createHost(settings, found);
const project = composeProject(pulumi.getProject(), pulumi.getStack());
const title = `${pulumi.getProject()} ${pulumi.getStack()}`;
const site = buildSite(project, settings, host.layout, cloudflare?.edge);

const certificate = createCertificate(settings, found);
const apiToken = new pulumi.Config("cloudflare").getSecret("apiToken");
const pulls =
  cloudflare?.edge &&
  new OriginPulls("pulls", { zoneId: cloudflare.zoneId, names, authorityName: `${title} clients`, apiToken });
const secrets = new SiteSecrets("secrets", settings);

const { backupCredential } = host;
new SiteRelease(SITE, {
  host,
  site,
  secrets: { ...secrets.values, ...(backupCredential ? { backupCredential } : {}), ...inSecrets(certificate, pulls) },
  rollbackTo: rollbackOf(process.env),
});
if (site.backup)
  new BackupKeyFile(BACKUP_KEY, {
    to: hasOwnBucket(settings.backup) ? BUCKET : site.backup.manifest.destination,
    folder: stackFolder(pulumi.getStack()),
    destination: site.backup.manifest.destination,
    isOnVm: settings.target.kind === "gcp" && site.backup.manifest.folder !== undefined,
    site: project,
    key: secrets.values.backupKey,
  });
if (cloudflare)
  new DnsRecords(DNS, {
    zoneId: cloudflare.zoneId,
    names,
    address: host.address,
    proxied: dns.proxied,
    comment: title,
  });

export default outputsOf({ settings, site, host, secrets, certificate });
