import { join } from "node:path";
import { type Issue, withFix } from "./issues.ts";

/** Credentials for Google and Cloudflare. Missing ones are reported before the first resource is made. */

/** Raw config values by setting, so that missing credentials are reported together with wrong settings. */
type Config = Record<string, unknown>;

/** Where providers look for credentials, besides the settings. */
export interface CredentialSources {
  /** All config of the stack by whole key, as texts. */
  config: Record<string, string | undefined>;
  environment: Record<string, string | undefined>;
  home: string;
  /** Text of a file; undefined where there is none that can be read. */
  read(file: string): string | undefined;
}

export function missingCredentials(asked: Config, sources: CredentialSources): Issue[] {
  return [...ofGoogle(asked, sources), ...ofCloudflare(asked, sources)];
}

/** Cloudflare's API token; secret. */
export function cloudflareTokenOf({ config, environment }: CredentialSources): string | undefined {
  return config["cloudflare:apiToken"] || environment.CLOUDFLARE_API_TOKEN || undefined;
}

/** Where a key may lie as a text or as a file's name, and where a token may. */
const KEYS = ["GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON"];
const LOGIN = "gcloud auth application-default login";

function ofGoogle({ target }: Config, { config, environment, home, read }: CredentialSources): Issue[] {
  if (target !== "gcp") return [];
  const given = [config["gcp:accessToken"], environment.GOOGLE_OAUTH_ACCESS_TOKEN, config["gcp:credentials"]];
  if ([...given, ...KEYS.map((name) => environment[name])].some(Boolean)) return [];

  const named = environment.GOOGLE_APPLICATION_CREDENTIALS;
  const folder = environment.CLOUDSDK_CONFIG || join(home, ".config", "gcloud");
  if (read(named || join(folder, "application_default_credentials.json")) !== undefined) return [];
  if (named)
    return [
      {
        key: "target",
        message: withFix(
          `Google's credentials are missing: GOOGLE_APPLICATION_CREDENTIALS names the file ${named}, which cannot be read.`,
          `unset GOOGLE_APPLICATION_CREDENTIALS && ${LOGIN}`,
        ),
      },
    ];
  // A machine of Google's own asks its metadata server, and is told from others by the maker's name.
  const isGoogles = read("/sys/class/dmi/id/product_name")?.startsWith("Google") ?? false;
  if (environment.GCE_METADATA_HOST || isGoogles) return [];
  return [
    {
      key: "target",
      message: withFix(
        "Google Cloud does not know who asks: there are no credentials on this machine. Sign in as somebody who may make VMs in the project:",
        LOGIN,
      ),
    },
  ];
}

export const NEW_TOKEN = "pulumi config set --secret cloudflare:apiToken";

function ofCloudflare(asked: Config, sources: CredentialSources): Issue[] {
  if (asked.target === "local" || asked.dns !== "cloudflare") return [];
  const token = cloudflareTokenOf(sources);
  if (token === undefined)
    return [
      {
        key: "dns",
        message: withFix(
          `Cloudflare's API token is missing. Make one at https://dash.cloudflare.com/profile/api-tokens that may, for the site's zone: ${rightsOf(asked)}.`,
          NEW_TOKEN,
        ),
      },
    ];
  if (/^[0-9A-Za-z_-]{40,80}$/.test(token)) return [];
  return [
    {
      key: "dns",
      message: withFix(
        "what is given as Cloudflare's API token is none: it has 40 to 80 letters, digits, hyphens and underscores (a Global API Key is something else).",
        NEW_TOKEN,
      ),
    },
  ];
}

/** The permissions that the token needs, as the dashboard names them. */
export function rightsOf({ proxied }: { proxied?: unknown }): string {
  const forCertificates = String(proxied) === "true";
  const needed = ["Zone: Read", "DNS: Edit"];
  return [...needed, ...(forCertificates ? ["SSL and Certificates: Edit", "Zone Settings: Read"] : [])].join(", ");
}
