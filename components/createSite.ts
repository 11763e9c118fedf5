import * as pulumi from "@pulumi/pulumi";
import { buildSite } from "../files/site/site.ts";
import { hasOwnBucket } from "../settings/backup.ts";
import { BUCKET } from "../settings/destination.ts";
import type { Settings } from "../settings/resolve.ts";
import { DNS, DnsRecords } from "./cloudflare/dnsRecords.ts";
import { OriginPulls } from "./cloudflare/originPulls.ts";
import { PeopleNamespace } from "./cluster/peopleNamespace.ts";
import { createHost } from "./host/createHost.ts";
import type { GcpVmTransform } from "./host/gcpVm.ts";
import { BACKUP_KEY, composeProject, stackFolder } from "./names.ts";
import { outputsOf, type StackOutputs } from "./outputs.ts";
import type { Found } from "./preflight/preflight.ts";
import { BackupKeyFile } from "./release/backupKeyFile.ts";
import { rollbackOf } from "./release/rollback.ts";
import { SITE, SiteRelease } from "./release/siteRelease.ts";
import { SiteSecrets } from "./release/siteSecrets.ts";
import { inSecrets } from "./tls/certificate.ts";
import { createCertificate } from "./tls/createCertificate.ts";

/** What the checks before it found, and changes to a VM's resources that have no setting (default: none). */
export interface CreateSiteArgs extends Found {
  transform?: GcpVmTransform;
}

/**
 * Creates a site: the machine, the certificate, the secrets, the release and the DNS records.
 * @param opts options of each part. Default: the parts belong to the stack itself.
 * @returns the site's outputs
 */
export function createSite(
  settings: Settings,
  found: CreateSiteArgs,
  opts?: pulumi.ComponentResourceOptions,
): StackOutputs {
  const { cloudflare } = found;
  const { hostNames: names, dns } = settings;
  const host = createHost(settings, found, opts);
  const project = composeProject(pulumi.getProject(), pulumi.getStack());
  const title = `${pulumi.getProject()} ${pulumi.getStack()}`;
  const site = buildSite(project, settings, host.layout, cloudflare?.edge);

  const certificate = createCertificate(settings, found, opts);
  const apiToken = new pulumi.Config("cloudflare").getSecret("apiToken");
  const pulls =
    cloudflare?.edge &&
    new OriginPulls("pulls", { zoneId: cloudflare.zoneId, names, authorityName: `${title} clients`, apiToken }, opts);
  const secrets = new SiteSecrets("secrets", settings, opts);
  const cluster = placeInCluster(project, settings, opts);

  const { backupCredential } = host;
  new SiteRelease(
    SITE,
    {
      host,
      site,
      secrets: {
        ...secrets.values,
        ...(backupCredential ? { backupCredential } : {}),
        ...inSecrets(certificate, pulls),
        ...(cluster ? { cluster: cluster.access } : {}),
      },
      rollbackTo: rollbackOf(process.env),
    },
    opts,
  );
  if (site.backup) {
    const { destination, folder } = site.backup.manifest;
    new BackupKeyFile(
      BACKUP_KEY,
      {
        to: hasOwnBucket(settings.backup) ? BUCKET : destination,
        folder: stackFolder(pulumi.getStack()),
        destination,
        isOnVm: settings.target.kind === "gcp" && folder !== undefined,
        site: project,
        key: secrets.values.backupKey,
      },
      opts,
    );
  }
  if (cloudflare)
    new DnsRecords(
      DNS,
      { zoneId: cloudflare.zoneId, names, address: host.address, proxied: dns.proxied, comment: title },
      opts,
    );

  return outputsOf({ settings, site, host, secrets, certificate });
}

/** The place for servers of people in a cluster; undefined: they run on the machine. */
function placeInCluster(namespace: string, { people }: Settings, opts?: pulumi.ComponentResourceOptions) {
  if (people.kind !== "own" || people.on.kind !== "kubernetes") return undefined;
  return new PeopleNamespace("people", { namespace, cluster: people.on.cluster, most: people.most }, opts);
}
