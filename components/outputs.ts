import { callbackUrl } from "../files/site/names.ts";
import { type Site, urlsOf } from "../files/site/site.ts";
import type { Settings } from "../settings/resolve.ts";
import type { Host } from "./host/host.ts";
import { stackReadme } from "./readme.ts";
import type { SiteSecrets } from "./release/siteSecrets.ts";
import type { Certificate } from "./tls/certificate.ts";

/** The parts of the stack that the outputs describe. */
export interface StackParts {
  settings: Settings;
  site: Site;
  host: Host;
  secrets: SiteSecrets;
  certificate: Certificate;
}

/** Outputs by name. */
export type StackOutputs = Record<string, unknown>;

/** The stack's outputs. Undefined ones are left out, because Pulumi would warn about them at each run. */
export function outputsOf({ settings, site, host, secrets, certificate }: StackParts): StackOutputs {
  const outputs = {
    /** URL of JupyterLab. */
    url: site.names.origin("jupyter"),
    /** URL of the front page. */
    home: site.names.origin(settings.home),
    /** Folder of the notebooks on the machine. */
    notebooks: host.layout.notebooks,
    ...ofBuiltInProvider(settings, secrets),
    keys: ofPrograms(settings, site, secrets),
    /** Key that opens the backup; absent without one. Secret. */
    backupKey: settings.backup ? secrets.values.backupKey : undefined,
    /** The stack's own certificate authority, PEM, which browsers have to trust; absent for other certificates. */
    certificateAuthority: certificate.authority,
    ...(settings.target.kind === "local" ? {} : ofOtherMachine(site, host)),
  };
  return Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== undefined));
}

function ofBuiltInProvider({ signIn }: Settings, { passwords }: SiteSecrets) {
  const [first] = signIn.users;
  if (!first) return {};
  return {
    /** Address and generated password of the first user (empty if the settings have the user's own hash). */
    user: first.email,
    password: passwords.apply((all) => all[first.email] ?? ""),
    /** All generated passwords, by address. */
    passwords,
  };
}

/** Address and key for each program, by the key's name; undefined without one. Secret. */
function ofPrograms({ keys }: Settings, site: Site, secrets: SiteSecrets) {
  if (keys.length === 0) return undefined;
  return secrets.keys.apply((all) =>
    Object.fromEntries(
      keys.map(({ name, at }) => [name, { address: `${site.names.origin(at)}/`, key: all[name] }] as const),
    ),
  );
}

function ofOtherMachine(site: Site, host: Host) {
  return {
    /** URL of each service. */
    urls: urlsOf(site),
    /** URL to register with the identity provider. */
    callbackUrl: callbackUrl(site.names),
    /** IPv4 address of the DNS records. */
    address: host.address,
    /** Command that opens a shell on the machine, and its private key if the stack created it. */
    ssh: host.ssh,
    sshKey: host.sshKey,
    /** What `npm run boost` needs to know; absent without the setting `boost`. */
    boost: host.boost,
    /** The text that Pulumi Cloud's console shows for the stack. */
    readme: stackReadme(),
  };
}
