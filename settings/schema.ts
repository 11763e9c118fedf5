import { z } from "zod";
import { allow } from "./allow.ts";
import { type App, apps, purge, sealedApps } from "./apps.ts";
import { database, databaseRotation, databaseTag } from "./database.ts";
import { domain } from "./domain.ts";
import { image, imageMirror, imageTag } from "./image.ts";
import { always, oneOf } from "./issues.ts";
import { bootDiskGb, dataDiskGb, machineType, project, protectData, sshFrom, zone } from "./machine.ts";
import { notebooks } from "./notebooks.ts";
import { packages } from "./packages.ts";
import { port } from "./ports.ts";
import { faultsBetween } from "./rules.ts";
import { type Sealed, Sensitive, seal } from "./sensitive.ts";
import { type SignIn, sealedSignIn, sessionRotation, signIn } from "./signIn.ts";
import { ssh } from "./ssh.ts";
import { acmeEmail, acmeServer, dns, dnsZone, home, proxied, tls, tlsCertificate, tlsKey } from "./web.ts";

/**
 * Everything a user can ask for. The schemas are the types and the documentation: each setting says what it is,
 * its default stands in Pulumi.yaml, and each fault is worded beside it, ending in the command that mends it.
 */
const settings = z.strictObject({
  /** Where the site runs. */
  target: oneOf("target", "kind of machine", ["local", "gcp", "ssh"]),
  domain,
  home,
  allow,
  signIn,
  sessionRotation,
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

/** What the settings are before they are looked at together. */
export type Given = z.infer<typeof settings>;

export const settingsSchema = settings.superRefine((given, context) => {
  for (const [path, message] of faultsBetween(given)) context.addIssue({ code: "custom", path, message });
}, always);

/** The settings with all that is secret in them in the open. */
type Checked = z.infer<typeof settingsSchema>;

/** What the user asked for: complete, checked, and with its secrets sealed. */
export interface Settings extends Omit<Checked, "signIn" | "apps" | "ssh" | "tlsKey"> {
  signIn: SignIn;
  apps: App[];
  ssh: Sealed<Checked["ssh"], "privateKey">;
  tlsKey: Sensitive<string> | undefined;
  /** Cloudflare's API token, where there is one: from `cloudflare:apiToken` or CLOUDFLARE_API_TOKEN. */
  cloudflareToken?: Sensitive<string>;
}

/** @param isEncrypted whether something in a setting is encrypted, by its name. */
export function sealed(checked: Checked, isEncrypted: (setting: string) => boolean = () => false): Settings {
  return {
    ...checked,
    signIn: sealedSignIn(checked.signIn),
    apps: sealedApps(checked.apps, isEncrypted("apps")),
    ssh: seal(checked.ssh, "privateKey"),
    tlsKey: checked.tlsKey === undefined ? undefined : new Sensitive(checked.tlsKey),
  };
}
