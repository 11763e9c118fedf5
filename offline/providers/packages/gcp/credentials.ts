import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Properties } from "../../resource.ts";

const variables = ["GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON"];

/** Throws the provider's message if there are no credentials, or if they are not a key. */
export function requireCredentials(config: Properties): void {
  if (config.accessToken || process.env.GOOGLE_OAUTH_ACCESS_TOKEN) return;
  const given = config.credentials || variables.map((name) => process.env[name]).find(Boolean);
  const text = typeof given === "string" ? contentOf(given) : applicationDefault();
  if (text === undefined) throw new Error(refusal(noDefault));
  if (!isKey(text)) throw new Error(refusal(badKey));
}

const projectVariables = ["GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"];

/** Checked in November 2026 against pulumi-gcp's `preConfigureCallbackWithLogger` and its errors/no_project.txt. */
export function projectWarning({ project, disableGlobalProjectWarning }: Properties): string[] {
  if (project || projectVariables.some((name) => process.env[name])) return [];
  // Configuration that is not text arrives as text, too.
  if (String(disableGlobalProjectWarning) === "true") return [];
  return [
    [
      "unable to detect a global setting for GCP Project.",
      "Pulumi will rely on per-resource settings for this operation.",
      "Set the GCP Project by using:",
      "    `pulumi config set gcp:project <project>`",
      "If you would like to disable this warning use:",
      "    `pulumi config set gcp:disableGlobalProjectWarning true`",
    ].join("\n"),
  ];
}

const noDefault =
  "Attempted to load application default credentials since neither `credentials` nor `access_token` was set in the provider block.  No credentials loaded. To use your gcloud credentials, run 'gcloud auth application-default login'.  Original error: google: could not find default credentials. See https://cloud.google.com/docs/authentication/external/set-up-adc for more information";
const badKey = "the string provided in credentials is neither valid json nor a valid file path";

function refusal(detail: string): string {
  return [
    "failed to load application credentials.",
    "To use your default gcloud credentials, run:",
    "\t`gcloud auth application-default login`",
    "See https://www.pulumi.com/registry/packages/gcp/installation-configuration/ for details.",
    `Expanded error message: ${detail}`,
  ].join("\n");
}

/** A path is as good as the file's content. */
function contentOf(given: string): string {
  return existsSync(given) ? readFileSync(given, "utf8") : given;
}

function applicationDefault(): string | undefined {
  const file =
    process.env.GOOGLE_APPLICATION_CREDENTIALS ||
    join(process.env.CLOUDSDK_CONFIG || join(homedir(), ".config/gcloud"), "application_default_credentials.json");
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function isKey(text: string): boolean {
  try {
    const key = JSON.parse(text);
    return [key.client_email, key.project_id, key.type].some((field) => typeof field === "string");
  } catch {
    return false;
  }
}
