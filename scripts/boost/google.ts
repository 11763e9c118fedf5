import { existsSync } from "node:fs";
import { type AuthClient, GoogleAuth, JWT, OAuth2Client, UserRefreshClient } from "google-auth-library";
import { z } from "zod";
import { explain, layOut } from "../../components/explain/explain.ts";
import { GOOGLE_KEYS } from "../../settings/credentials.ts";
import { PlainError } from "../cli/plainError.ts";

/** Google's APIs, with the credentials that Google's provider of Pulumi uses. */
export interface Google {
  /** @param what completes "Google does not tell ...", for the error. Throws PlainError, or NotFound. */
  get(url: string, what: string): Promise<unknown>;
  post(url: string, body: unknown, what: string): Promise<unknown>;
}

/** What was asked for does not exist. */
export class NotFound extends PlainError {}

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
      const client = auth instanceof GoogleAuth ? await auth.getClient() : auth;
      const answer = await client.request<unknown>({ url, method, timeout: PATIENCE_MS, ...(data ? { data } : {}) });
      return answer.data;
    } catch (error) {
      throw plain(error, what);
    }
  };
  return { get: (url, what) => ask("GET", url, what), post: (url, body, what) => ask("POST", url, what, body) };
}

/** Finds credentials in the order in which Google's provider of Pulumi does. */
function authOf(config: Record<string, string | undefined>, env: NodeJS.ProcessEnv): AuthClient | GoogleAuth {
  const token = config["gcp:accessToken"] || env.GOOGLE_OAUTH_ACCESS_TOKEN;
  if (token) return new OAuth2Client({ credentials: { access_token: token } });
  const key = config["gcp:credentials"] || GOOGLE_KEYS.map((name) => env[name]).find(Boolean);
  const named = key && existsSync(key);
  // The library reads a file by this variable, whatever is in it.
  if (named) process.env.GOOGLE_APPLICATION_CREDENTIALS = key;
  return key && !named ? clientOf(key) : new GoogleAuth({ scopes: SCOPE });
}

const keyFile = z.discriminatedUnion("type", [
  z.object({ type: z.literal("service_account"), client_email: z.string(), private_key: z.string() }),
  z.object({
    type: z.literal("authorized_user"),
    client_id: z.string(),
    client_secret: z.string(),
    refresh_token: z.string(),
  }),
]);

/** A client with credentials that are given as JSON. */
function clientOf(text: string): AuthClient {
  const { data: key } = keyFile.safeParse(jsonIn(text));
  if (key?.type === "service_account") return new JWT({ email: key.client_email, key: key.private_key, scopes: SCOPE });
  if (key)
    return new UserRefreshClient({
      clientId: key.client_id,
      clientSecret: key.client_secret,
      refreshToken: key.refresh_token,
    });
  throw new PlainError(
    "Google's credentials (gcp:credentials, or the variable GOOGLE_CREDENTIALS) are no key of a service account, no credentials of a user, and no file that exists. Sign in again:",
    "  gcloud auth application-default login",
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
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
