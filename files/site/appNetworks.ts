import { createHash } from "node:crypto";

/** Networks are added and removed in groups of this size. */
const STEP = 4;

/** The networks that connect one service with apps. Each network is for one app. */
export interface AppNetworks {
  /** All of them, whether an app has them or not. */
  all: string[];
  /** The network of each app, by the app's name. */
  of: Map<string, string>;
}

/**
 * Assigns a network to each app. The networks exist before the apps, because Compose recreates a service whose list of
 * networks changes. In this way, the list changes only with every fourth app.
 *
 * Each app has its own order of preference among the networks. It gets the first network that no earlier app in the list
 * has. So an app added at the end moves no other app. A removed app moves only apps that prefer its network. A rule that
 * stores nothing cannot move fewer: see docs/architecture/decisions/0012-compose-yaml-is-the-whole-site.md.
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
