import { ask, signedIn } from "./visitor.ts";

/** What somebody who has signed in gets at a name of the site below lab.example.com: 403 when they are on no list. */
export async function statusFor(port: number, email: string, label: string, path = "/"): Promise<number> {
  const headers = { cookie: signedIn(email), "sec-fetch-mode": "cors" };
  return (await ask(port, [label, "lab.example.com"].filter(Boolean).join("."), path, { headers })).status;
}
