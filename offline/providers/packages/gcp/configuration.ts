/** The provider's configuration, as a stack's config or a `gcp.Provider` has it. */

import { type Properties, UNKNOWN } from "../../resource.ts";
import { locationIssue } from "./scope.ts";

/** Values that are not texts in the provider's schema arrive as JSON. */
const encoded = [
  "addPulumiAttributionLabel",
  "batching",
  "defaultLabels",
  "disableGooglePartnerName",
  "externalCredentials",
  "impersonateServiceAccountDelegates",
  "preferGlobalEndpoints",
  "preferRegionalEndpoints",
  "scopes",
  "userProjectOverride",
];

/**
 * Throws for invalid JSON. Checked in November 2026 against pulumi-terraform-bridge's `ConfigEncoding` and `CheckConfig`. The
 * rest of the message is that of Go's JSON reader.
 */
export function refuseMalformed(config: Properties): void {
  for (const name of encoded) {
    const value = config[name];
    if (typeof value !== "string" || value === "" || value === UNKNOWN) continue;
    try {
      JSON.parse(value);
    } catch (error) {
      throw new Error(`CheckConfig failed because of malformed resource inputs: ${(error as Error).message}`);
    }
  }
}

/** Checked in November 2026 against pulumi-gcp's `preConfigureCallbackWithLogger` and its errors/wrong_region.txt. */
export function regionWarning({ project, region }: Properties): string[] {
  if (typeof project !== "string" || typeof region !== "string" || locationIssue({ project, region }) === undefined)
    return [];
  return [
    `region ${JSON.stringify(region)} is not available for project ${JSON.stringify(project)}.\nPlease see https://cloud.google.com/compute/docs/regions-zones/viewing-regions-zones#viewing_a_list_of_available_regions for a list of available regions`,
  ];
}
