import { existsSync } from "node:fs";
import { GoogleAuth, OAuth2Client } from "google-auth-library";
import { explain, layOut } from "../../components/explain/explain.ts";
import { PlainError } from "../cli/plainError.ts";

/** Google's APIs, with the credentials that Google's provider of Pulumi uses. */
export interface Google {
  /** @param what completes "Google does not tell ...", for the error. Throws PlainError, or NotFound. */
  get(url: string, what: string): Promise<unknown>;
  post(url: string, body: unknown, what: string): Promise<unknown>;
}

/** What was asked for does not exist. */
export class NotFound extends PlainError {}

/** Environment variables that hold a service account key, or the name of its file. */
const KEYS = ["GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON"];
const SCOPE = "https://www.googleapis.com/auth/cloud-platform";
const PATIENCE_MS = 30_000;

/**
 * @param config the stack's config by full names, which may have credentials (`gcp:credentials`, `gcp:accessToken`)
 * @param env the environment of this process
 */
export function googleWith(config: Record<string, string | undefined>, env: NodeJS.ProcessEnv): Google {
  const auth = authOf(config, env);
  const ask = async (method: "GET" | "POST", url: string, what: string, data?: unknown) => {
    try {
      const client = auth instanceof OAuth2Client ? auth : await auth.getClient();
      const answer = await client.request<unknown>({ url, method, timeout: PATIENCE_MS, ...(data ? { data } : {}) });
      return answer.data;
    } catch (error) {
      throw plain(error, what);
    }
  };
  return { get: (url, what) => ask("GET", url, what), post: (url, body, what) => ask("POST", url, what, body) };
}

/** In the order in which Google's provider of Pulumi looks. */
function authOf(config: Record<string, string | undefined>, env: NodeJS.ProcessEnv): GoogleAuth | OAuth2Client {
  const token = config["gcp:accessToken"] || env.GOOGLE_OAUTH_ACCESS_TOKEN;
  if (token) return new OAuth2Client({ credentials: { access_token: token } });
  const key = config["gcp:credentials"] || KEYS.map((name) => env[name]).find(Boolean);
  if (!key) return new GoogleAuth({ scopes: SCOPE });
  if (existsSync(key)) return new GoogleAuth({ scopes: SCOPE, keyFile: key });
  try {
    return new GoogleAuth({ scopes: SCOPE, credentials: JSON.parse(key) });
  } catch {
    throw new PlainError(
      "Google's credentials are neither JSON nor the name of a file that exists. Sign in again:",
      "  gcloud auth application-default login",
    );
  }
}

/** An error of Google's library in plain words. */
function plain(error: unknown, what: string): PlainError {
  const { message = "", response } = error as { message?: string; response?: { status: number; data?: unknown } };
  const said = ((response?.data as { error?: { message?: string } } | undefined)?.error ?? {}) as {
    message?: string;
    details?: unknown;
  };
  const words = said.message ?? message;
  if (response?.status === 404) return new NotFound(`Google does not know ${what}: ${words}`);
  const details = said.details ? `\nDetails:\n${JSON.stringify(said.details, null, 2)}\n` : "";
  const text = response ? `googleapi: Error ${response.status}: ${words}${details}` : words;
  const explained = explain(text, "", "gcp");
  return new PlainError(`Google does not tell ${what}: ${words}`, ...(explained ? [layOut(explained)] : []));
}
