import { createHmac } from "node:crypto";
import type { Secrets } from "../../site/secrets.ts";

/** Keys of the site with `people: own`, each from a secret of the site, so that the stack needs no more of them. */

const derived = (secret: string, purpose: string) => createHmac("sha256", secret).update(purpose).digest("hex");

/** The key from which each server's secret is made. nginx and the spawner have it; no server has it. */
export const serverKey = ({ doorSecret }: Secrets) => derived(doorSecret, "servers of people");

/** What the hub proves to the proxy. */
export const proxyToken = ({ doorSecret }: Secrets) => derived(doorSecret, "proxy of people");

/** The key from which the password of each person's database user is made. It changes with `databaseRotation`. */
export const databaseKey = ({ notebooksDatabasePassword }: Secrets) =>
  derived(notebooksDatabasePassword, "databases of people");
