import { visitor } from "./visitor.ts";

/**
 * The HTTP status for a signed-in user at a host name of the site lab.example.com: 403 if no allow list contains them. The user signs in
 * each time, because a session of somebody who was removed has ended.
 */
export async function statusFor(port: number, email: string, label: string, path = "/"): Promise<number> {
  const host = [label, "lab.example.com"].filter(Boolean).join(".");
  return (await visitor(() => port, email).visit(host, path, { headers: { "sec-fetch-mode": "cors" } })).status;
}
