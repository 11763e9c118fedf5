import { ask, signedIn } from "./visitor.ts";

/** The HTTP status for a signed-in user at a host name of the site lab.example.com: 403 if no allow list contains them. */
export async function statusFor(port: number, email: string, label: string, path = "/"): Promise<number> {
  const headers = { cookie: signedIn(email), "sec-fetch-mode": "cors" };
  return (await ask(port, [label, "lab.example.com"].filter(Boolean).join("."), path, { headers })).status;
}
