import { createHash } from "node:crypto";

/** Networks are added and removed in groups of this size. */
const STEP = 4;

/** Networks of one service and of one app each. */
export interface AppNetworks {
  /** All of them, whether an app has them or not. */
  all: string[];
  /** The network of each app, by the app's name. */
  of: Map<string, string>;
}

/**
 * Gives each app a network. The networks are there before the apps: Compose recreates a service whose list of networks
 * changes, and this list changes with every fourth app only.
 *
 * Each app has its own order of preference among the networks, and gets the first that no app before it in the list has.
 * So an app at the end of the list moves no other, and one that goes moves only apps that would have preferred its
 * network. No rule without memory moves fewer: see docs/architecture/decisions/0012-compose-yaml-is-the-whole-site.md.
 * @param prefix start of the networks' names.
 * @param apps names, in the order of the settings.
 */
export function appNetworks(prefix: string, apps: string[]): AppNetworks {
  const count = STEP * Math.max(1, Math.ceil(apps.length / STEP));
  const all = Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
  const free = new Set(all);
  const of = new Map<string, string>();
  for (const app of apps) {
    const [first = ""] = [...free].toSorted((a, b) => preference(app, a).localeCompare(preference(app, b)));
    free.delete(first);
    of.set(app, first);
  }
  return { all, of };
}

const preference = (app: string, network: string) => createHash("sha256").update(`${app} ${network}`).digest("hex");
