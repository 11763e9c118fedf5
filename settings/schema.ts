import { z } from "zod";
import { allow } from "./allow.ts";
import { apps, purge } from "./apps/apps.ts";
import { backup } from "./backup.ts";
import { cluster } from "./cluster.ts";
import { database, databaseRotation, databaseTag } from "./database.ts";
import { dns, dnsZone, proxied } from "./dns.ts";
import { domain, home } from "./domain.ts";
import { history } from "./history.ts";
import { oneOf } from "./issues.ts";
import { image, imageMirror, imageTag } from "./jupyter/image.ts";
import { notebooks } from "./jupyter/notebooks.ts";
import { packages } from "./jupyter/packages.ts";
import { keys } from "./keys.ts";
import { people, servers } from "./people.ts";
import { reboots } from "./reboots.ts";
import { session } from "./session.ts";
import { sessionRotation, signIn } from "./signIn.ts";
import {
  boost,
  bootDiskGb,
  dailySnapshots,
  dataDiskGb,
  machineType,
  project,
  protectData,
  sshFrom,
  zone,
} from "./target/gcp.ts";
import { httpPort, httpsPort } from "./target/local.ts";
import { ssh } from "./target/ssh.ts";
import { timezone } from "./timezone.ts";
import { acmeEmail, acmeServer, tls, tlsCertificate, tlsKey } from "./tls.ts";

/**
 * Schema of the flat settings in the stack's config. It checks each setting alone and words each issue beside its check.
 * Defaults are in Pulumi.yaml. Rules across settings are in rules.ts. The program works with the types in resolve.ts.
 */
export const settingsSchema = z.strictObject({
  /** Where the site runs. */
  target: oneOf("target", "kind of machine", ["local", "gcp", "ssh"]),
  domain,
  home,
  allow,
  signIn,
  session,
  sessionRotation,
  keys,
  people,
  servers,
  cluster,
  image,
  imageTag,
  imageMirror,
  packages,
  database,
  databaseTag,
  databaseRotation,
  apps,
  purge,
  history,
  backup,
  timezone,
  reboots,
  notebooks,
  port: httpsPort,
  httpPort,
  project,
  zone,
  machineType,
  bootDiskGb,
  dataDiskGb,
  protectData,
  dailySnapshots,
  boost,
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

/** The flat settings, each valid alone. */
export type Given = z.infer<typeof settingsSchema>;
