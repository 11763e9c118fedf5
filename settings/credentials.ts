import { join } from "node:path";
import { type Issue, withFix } from "./issues.ts";

/** Checks the credentials for Google and Cloudflare, so that missing ones are reported before anything is created. */

/** Raw config values by setting: credentials are checked even if a setting is wrong. */
type Config = Record<string, unknown>;

/** Sources in which the providers look for credentials, besides the settings. */
export interface CredentialSources {
  /** All config values of the stack as text, by full key. */
  config: Record<string, string | undefined>;
  environment: Record<string, string | undefined>;
  home: string;
  /** Text of a file; undefined if it cannot be read. */
  read(file: string): string | undefined;
}

export function missingCredentials(asked: Config, sources: CredentialSources): Issue[] {
  return [...ofGoogle(asked, sources), ...ofCloudflare(asked, sources)];
}

/** Cloudflare's API token; undefined if there is none. Secret. */
export function cloudflareTokenOf({ config, environment }: CredentialSources): string | undefined {
  return config["cloudflare:apiToken"] || environment.CLOUDFLARE_API_TOKEN || undefined;
}

/** Environment variables that hold a service account key, or the name of its file. */
export const GOOGLE_KEYS = ["GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON"];
const LOGIN = "gcloud auth application-default login";

function ofGoogle({ target }: Config, { config, environment, home, read }: CredentialSources): Issue[] {
  if (target !== "gcp") return [];
  const given = [config["gcp:accessToken"], environment.GOOGLE_OAUTH_ACCESS_TOKEN, config["gcp:credentials"]];
  if ([...given, ...GOOGLE_KEYS.map((name) => environment[name])].some(Boolean)) return [];

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
  // A VM of Google Cloud gets credentials from its metadata server. Its product name shows what it is.
  const isGoogles = read("/sys/class/dmi/id/product_name")?.startsWith("Google") ?? false;
  if (environment.GCE_METADATA_HOST || isGoogles) return [];
  return [
    {
      key: "target",
      message: withFix(
        "no credentials for Google Cloud were found on this machine. Sign in as a user who may create VMs in the project:",
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
          `Cloudflare's API token is missing. Create one at https://dash.cloudflare.com/profile/api-tokens with these permissions for the site's zone: ${neededPermissions(asked)}.`,
          NEW_TOKEN,
        ),
      },
    ];
  if (/^[0-9A-Za-z_-]{40,80}$/.test(token)) return [];
  return [
    {
      key: "dns",
      message: withFix(
        "this is not a Cloudflare API token, which has 40 to 80 letters, digits, hyphens and underscores (a Global API Key does not work).",
        NEW_TOKEN,
      ),
    },
  ];
}

/** The permissions that the token needs, as the dashboard names them. */
export function neededPermissions({ proxied }: { proxied?: unknown }): string {
  const forCertificates = String(proxied) === "true";
  const needed = ["Zone: Read", "DNS: Edit"];
  return [...needed, ...(forCertificates ? ["SSL and Certificates: Edit", "Zone Settings: Read"] : [])].join(", ");
}
