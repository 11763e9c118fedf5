/** The location of a resource: its project and, unless it is global, its region or zone. */

import { type Operation, type Properties, UNKNOWN } from "../../resource.ts";
import { ProviderError } from "./apiErrors.ts";

export type ScopeKind = "project" | "global" | "region" | "zone";

/** The parts of a location that a resource has; each may be UNKNOWN. */
export interface Place {
  readonly project: string;
  readonly region?: string;
  readonly zone?: string;
}

export interface ScopedInputs {
  readonly project?: string;
  readonly region?: string;
  readonly zone?: string;
}

const environment = {
  project: ["GOOGLE_PROJECT", "GOOGLE_CLOUD_PROJECT", "GCLOUD_PROJECT", "CLOUDSDK_CORE_PROJECT"],
  region: ["GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION"],
  zone: ["GOOGLE_ZONE", "GCLOUD_ZONE", "CLOUDSDK_COMPUTE_ZONE"],
};

/** A setting of the provider: from its configuration, else from the environment. */
export function setting(name: keyof typeof environment, config: Properties): string | undefined {
  const configured = config[name];
  if (typeof configured === "string" && configured !== "") return configured;
  return environment[name].map((variable) => process.env[variable]).find(Boolean);
}

/** The location of a resource with these inputs. Throws the provider's message if no setting has it. */
export function placeOf(kind: ScopeKind, inputs: ScopedInputs, { config }: Pick<Operation, "config">): Place {
  const project = inputs.project ?? setting("project", config);
  if (project === undefined) {
    throw new ProviderError("Failed to retrieve project, pid: , err: project: required field is not set");
  }
  if (kind === "region") return { project, region: lastPart(inputs.region) ?? regionOf(config) };
  if (kind === "zone") return { project, zone: lastPart(inputs.zone) ?? zoneOf(config) };
  return { project };
}

function regionOf(config: Properties): string {
  const region = setting("region", config) ?? setting("zone", config)?.replace(/-[a-z]$/, "");
  if (region !== undefined) return region;
  throw new ProviderError("Cannot determine region: set in this resource, or set provider-level 'region' or 'zone'.");
}

function zoneOf(config: Properties): string {
  const zone = setting("zone", config);
  if (zone !== undefined) return zone;
  throw new ProviderError("Cannot determine zone: set in this resource, or set provider-level zone.");
}

/** The location in the outputs of an existing resource. */
export function recordedPlace(scope: ScopeKind, outputs: Properties): Place {
  const place = { project: String(outputs.project) };
  if (scope === "region") return { ...place, region: String(outputs.region) };
  if (scope === "zone") return { ...place, zone: String(outputs.zone) };
  return place;
}

/** Whether an input is a part of the location. */
export const isPlace = (path: string) => ["project", "region", "zone"].includes(path);

/** `projects/p/zones/us-central1-a` */
export function pathOfPlace({ project, region, zone }: Place, kind: ScopeKind): string {
  const within = { project: "", global: "/global", region: `/regions/${region}`, zone: `/zones/${zone}` };
  return `projects/${project}${within[kind]}`;
}

/** The API's message for an unknown region or zone; undefined if it may exist. */
export function locationIssue({ region, zone }: Place): string | undefined {
  if (region !== undefined && region !== UNKNOWN && !/^[a-z]+-[a-z]+\d+$/.test(region)) {
    return `Invalid value for field 'region': '${region}'. Unknown region.`;
  }
  if (zone !== undefined && zone !== UNKNOWN && !/^[a-z]+-[a-z]+\d+-[a-f]$/.test(zone)) {
    return `Invalid value for field 'zone': '${zone}'. Unknown zone.`;
  }
  return undefined;
}

/** The name in a path, an address or a name. */
export function lastPart<T extends string | undefined>(reference: T): T {
  return reference?.slice(reference.lastIndexOf("/") + 1) as T;
}

export const selfLinkOf = (path: string) => `https://www.googleapis.com/compute/v1/${path}`;

/**
 * The path of the object that an input refers to: by its address, its path, or only its name, which is then looked up
 * in the location of the resource that has the input.
 */
export function referredPath(reference: string, collection: string, place: Place, kind: ScopeKind): string {
  const path = reference.replace(/^https:\/\/[^/]+\/compute\/[^/]+\//, "");
  if (path.startsWith("projects/")) return path;
  if (path.startsWith("zones/") || path.startsWith("regions/") || path.startsWith("global/")) {
    return `projects/${place.project}/${path}`;
  }
  return `${pathOfPlace(place, kind)}/${collection}/${path}`;
}
