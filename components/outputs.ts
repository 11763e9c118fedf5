import { callbackUrl } from "../files/site/names.ts";
import { type Site, urlsOf } from "../files/site/site.ts";
import type { Settings } from "../settings/resolve.ts";
import type { Host } from "./host/host.ts";
import { stackReadme } from "./readme.ts";
import type { SiteSecrets } from "./release/siteSecrets.ts";
import type { Certificate } from "./tls/certificate.ts";

/** What the outputs are read off. */
export interface Made {
  settings: Settings;
  site: Site;
  host: Host;
  secrets: SiteSecrets;
  certificate: Certificate;
}

/** The stack's outputs. What this site has nothing of is left out: an output that is undefined would be warned of at each run. */
export function outputsOf({ settings, site, host, secrets, certificate }: Made): Record<string, unknown> {
  const outputs = {
    /** Where JupyterLab is. */
    url: site.names.origin("jupyter"),
    /** Where the front page is. */
    home: site.names.origin(settings.home),
    /** Folder of the machine where the notebooks lie. */
    notebooks: host.layout.notebooks,
    ...ofBuiltInProvider(settings, secrets),
    /** PEM of the certificate authority that a browser may trust, where it is one of the stack's own. */
    certificateAuthority: certificate.authority,
    ...(settings.target.kind === "local" ? {} : ofOtherMachine(site, host)),
  };
  return Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== undefined));
}

function ofBuiltInProvider({ signIn }: Settings, { passwords }: SiteSecrets) {
  const [first] = signIn.users;
  if (!first) return {};
  return {
    /** Who can sign in first, and their generated password (empty when the settings have a hash of their own). */
    user: first.email,
    password: passwords.apply((all) => all[first.email] ?? ""),
    /** Everybody's generated passwords, by address. */
    passwords,
  };
}

function ofOtherMachine(site: Site, host: Host) {
  return {
    /** Where each part of the site is. */
    urls: urlsOf(site),
    /** What to register at the identity provider. */
    callbackUrl: callbackUrl(site.names),
    /** Where the names lead to. */
    address: host.address,
    /** A line that opens a shell on the machine, and the private key for it where the stack has made it. */
    ssh: host.ssh,
    sshKey: host.sshKey,
    /** What Pulumi's console shows beside the stack. */
    readme: stackReadme(),
  };
}
