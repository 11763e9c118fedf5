/** The refusals of Google's API, in its own words and in the provider's. */

/** An error as the provider shows it. */
export class ProviderError extends Error {
  constructor(message: string) {
    super(`1 error occurred:\n\t* ${message}\n\n`);
  }
}

/** The API's response: `googleapi: Error 404: The resource '...' was not found, notFound`. */
export function apiError(code: number, message: string, reason: string): string {
  return `googleapi: Error ${code}: ${message}, ${reason}`;
}

export const notFound = (path: string) => apiError(404, `The resource '${path}' was not found`, "notFound");
export const alreadyExists = (path: string) => apiError(409, `The resource '${path}' already exists`, "alreadyExists");
/** Of service accounts, which belong to another API. */
export function accountExists(account: string, project: string): string {
  const path = `projects/${project}/serviceAccounts/${account}@${project}.iam.gserviceaccount.com`;
  const detail = { "@type": "type.googleapis.com/google.rpc.ResourceInfo", resourceName: path };
  const details = `Details:\n${JSON.stringify([detail], null, 2)}\n`;
  return apiError(
    409,
    `Service account ${account} already exists within project projects/${project}.\n${details}`,
    "alreadyExists",
  );
}
export const invalid = (message: string) => apiError(400, message, "invalid");

/** `noun` is the API's word for the object in use: `network`, `disk`. */
export function inUse(noun: string, path: string, user: string): string {
  return apiError(
    400,
    `The ${noun} resource '${path}' is already being used by '${user}'`,
    "resourceInUseByAnotherResource",
  );
}

/** The API exists, but is not enabled for this project. */
export function apiNotEnabled(title: string, service: string, projectNumber: string): string {
  const page = `https://console.developers.google.com/apis/api/${service}/overview?project=${projectNumber}`;
  return [
    `googleapi: Error 403: ${title} has not been used in project ${projectNumber} before or it is disabled.`,
    `Enable it by visiting ${page} then retry.`,
    "If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.",
    `\nDetails:\n[\n  {\n    "@type": "type.googleapis.com/google.rpc.ErrorInfo",`,
    `\n    "domain": "googleapis.com",`,
    `\n    "metadatas": {\n      "consumer": "projects/${projectNumber}",\n      "service": "${service}"\n    },`,
    `\n    "reason": "SERVICE_DISABLED"\n  }\n]\n, accessNotConfigured`,
  ].join(" ");
}

export const permissionDenied = (permission: string, path: string) =>
  apiError(403, `Required '${permission}' permission for '${path}'`, "forbidden");

/** IAM's words, which differ from Compute Engine's. Checked against users' reports in November 2026. */
export function iamPermissionDenied(permission: string): string {
  const detail = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    domain: "iam.googleapis.com",
    metadata: { permission },
    reason: "IAM_PERMISSION_DENIED",
  };
  const details = `Details:\n${JSON.stringify([detail], null, 2)}\n`;
  return apiError(403, `Permission '${permission}' denied on resource (or it may not exist).\n${details}`, "forbidden");
}

/**
 * Compute Engine's message if the user who creates a VM lacks the role Service Account User. Checked against users'
 * reports in November 2026.
 */
export const accountNotUsable = (account: string) =>
  apiError(
    400,
    `The user does not have access to service account '${account}'.  User: 'you@example.com'.  Ask a project owner to grant you the iam.serviceAccountUser role on the service account`,
    "badRequest",
  );

/** Any API's message in a project without a billing account. Checked against users' reports in November 2026. */
export function billingDisabled(project: string): string {
  const page = `https://console.developers.google.com/billing/enable?project=${project}`;
  return apiError(
    403,
    `This API method requires billing to be enabled. Please enable billing on project #${project} by visiting ${page} then retry. If you enabled billing for this project recently, wait a few minutes for the action to propagate to our systems and retry.`,
    "accessNotConfigured",
  );
}

/**
 * @param where `region us-central1`, or empty for a quota of the whole project: `globally`
 */
export function quotaExceeded(metric: string, limit: number, where: string): string {
  return apiError(403, `Quota '${metric}' exceeded.  Limit: ${limit.toFixed(1)} ${where}.`, "quotaExceeded");
}

export function zoneExhausted(zone: string): string {
  return `The zone '${zone}' does not have enough resources available to fulfill the request.  Try a different zone, or try again later.`;
}
