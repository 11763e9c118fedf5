/** Access to the API: checks tokens, and words refusals like the real provider. */

import { STATUS_CODES } from "node:http";
import { join } from "node:path";
import { readJson, writeJson } from "../../../cloud/files.ts";
import { type Cloud, openCloud } from "../../../cloud/folder.ts";
import { type CheckFailure, type Operation, type Properties, UNKNOWN } from "../../resource.ts";

/** One of the API's errors. */
export interface ApiMessage {
  readonly code: number;
  readonly message: string;
  readonly error_chain?: readonly ApiMessage[];
}

/** Thrown when the API refuses, with the reason. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly ApiMessage[];

  constructor(status: number, ...errors: ApiMessage[]) {
    super(errors.map(({ message }) => message).join("; "));
    this.status = status;
    this.errors = errors;
  }
}

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/client/v4`. */
  readonly path: string;
}

/** Runs a request if the token permits it. A refusal becomes the text that the user sees. */
export async function ask<Result>(
  operation: Operation,
  request: ApiRequest,
  deed: (cloud: Cloud) => Promise<Result>,
): Promise<Result> {
  const cloud = openCloud();
  try {
    requireToken(operation.config);
    await requireNoFault(cloud, request);
    return await deed(cloud);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Error(`failed to make http request: ${asResponse(request, error)}`);
  }
}

/** A failed response in the format of the real provider's client. */
function asResponse({ method, path }: ApiRequest, { status, errors }: Refusal): string {
  const body = JSON.stringify({ result: null, success: false, errors, messages: [] });
  return `${method} "https://api.cloudflare.com/client/v4${path}": ${status} ${STATUS_CODES[status]} ${body}`;
}

/** What the real provider requires of its configuration. It does not check a token from the environment. */
export function checkConfig({ apiToken }: Properties): CheckFailure[] {
  if (typeof apiToken !== "string" || apiToken === UNKNOWN || /^[0-9A-Za-z\-_]{40,80}$/.test(apiToken)) return [];
  const rule = "API tokens must only contain characters a-z, A-Z, 0-9, hyphens and underscores";
  return [{ property: "apiToken", reason: `Invalid Attribute Value. Attribute api_token ${rule}` }];
}

/** Throws as the API does for an invalid token. */
export function requireToken({ apiToken = process.env.CLOUDFLARE_API_TOKEN }: Properties): void {
  if (typeof apiToken !== "string" || apiToken === "") {
    throw new Refusal(400, { code: 9106, message: "Missing X-Auth-Key, X-Auth-Email or Authorization headers" });
  }
  if (!/^[0-9A-Za-z\-_]{40,80}$/.test(apiToken)) {
    const cause = { code: 6111, message: "Invalid format for Authorization header" };
    throw new Refusal(400, { code: 6003, message: "Invalid request headers", error_chain: [cause] });
  }
}

/**
 * An injected fault. A test that needs a refusal writes a list of them into `faults.json` in the cloud's folder, which
 * may also hold faults of Google's API:
 *
 *     [{ "request": "POST *dns_records", "fault": "no permission" }]
 */
export interface Fault {
  /** Method and path, where a star stands for any text. The first match counts. */
  readonly request: string;
  /** The name of a known fault, or the API's response. */
  readonly fault: keyof typeof knownFaults | { status: number; errors: ApiMessage[] };
  /** How many more times. Default: always. */
  readonly times?: number;
}

/** Errors for unusable tokens, and errors that any request can get. */
export const knownFaults = {
  /** The token is invalid or has been revoked. */
  "invalid token": { status: 403, errors: [{ code: 9109, message: "Invalid access token" }] },
  /** The token lacks the permission. */
  "no permission": { status: 403, errors: [{ code: 10000, message: "Authentication error" }] },
  /** The token has the permission, but not for this zone or account. */
  "no access": { status: 403, errors: [{ code: 9109, message: "Unauthorized to access requested resource" }] },
  "rate limit": {
    status: 429,
    errors: [{ code: 971, message: "Please wait and consider throttling your request speed" }],
  },
  "server error": { status: 500, errors: [{ code: 7500, message: "Internal error" }] },
} satisfies Record<string, { status: number; errors: ApiMessage[] }>;

async function requireNoFault(cloud: Cloud, { method, path }: ApiRequest): Promise<void> {
  const file = join(cloud.folder, "faults.json");
  const faults = (await readJson<(Fault | Properties)[]>(file)) ?? [];
  const isMeant = (fault: Fault | Properties): fault is Fault =>
    typeof fault.request === "string" && isLike(`${method} ${path}`, fault.request) && fault.times !== 0;
  const found = faults.find(isMeant);
  if (found === undefined) return;
  const { fault, times } = found;
  if (times !== undefined) {
    const rest = faults.map((other) => (other === found ? { ...found, times: times - 1 } : other));
    await writeJson(file, rest);
  }
  const { status, errors } = typeof fault === "string" ? knownFaults[fault] : fault;
  throw new Refusal(status, ...errors);
}

function isLike(text: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(text);
}

/** Splits an import id such as `<zone_id>/<dns_record_id>`. Throws if the number of parts is wrong. */
export function parseImportId(importId: string, format: string): string[] {
  const parts = importId.split("/");
  if (parts.length === format.split("/").length) return parts.map(decodeURIComponent);
  throw new Error(`invalid ID: expected urlencoded segments "${format}", got "${importId}"`);
}

/** The current time as the API writes it. */
export function now(): string {
  return new Date().toISOString();
}
