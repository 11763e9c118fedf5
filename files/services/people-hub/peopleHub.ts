import { HARDENED, healthCheck } from "../../release/hardening.ts";
import { renderTemplate } from "../../release/template.ts";
import type { HostLayout } from "../../site/hostLayout.ts";
import type { Service } from "../../site/service.ts";
import { proxyToken } from "./keys.ts";

/** JupyterHub with its proxy. The spawner runs in it, too: it needs only its Python. */
export const HUB_IMAGE = { reference: "quay.io/jupyterhub/jupyterhub:5.5.4", sizeMiB: 620 };
/** User of the hub, who may send requests to the spawner. */
export const HUB_USER = { uid: 985, gid: 985, imposed: true };
/** The folder in memory with the spawner's socket, which the hub shares with the spawner. */
export const SPAWNER_SOCKET = { name: "people-spawner", target: "/run/people" };

const HUB_FILES = "/usr/local/etc/people-hub";
const file = (name: string) => renderTemplate(new URL(name, import.meta.url));
const asks = (url: string) =>
  healthCheck("python3", "-c", `import urllib.request; urllib.request.urlopen("${url}", timeout=4)`);

/** Networks of the hub, the proxy and one server each. */
export const personNetworks = (most: number) => Array.from({ length: most }, (_, index) => `person-${index + 1}`);

/**
 * JupyterHub: the pages on which a server starts, and what decides that it does. It has no access to Docker.
 * @param most servers at the same time.
 */
export function peopleHub(layout: HostLayout, most: number): Service {
  return {
    name: "people-hub",
    about:
      "JupyterHub: starts a person's server at the first visit, by asking the spawner. On the networks person-*, it only looks whether a server answers.",
    image: HUB_IMAGE,
    user: HUB_USER,
    networks: ["jupyter", ...personNetworks(most)],
    // It listens on the address of this name, which is only on the network that it shares with nginx and the proxy.
    aliases: { jupyter: ["hub-door"] },
    compose: {
      ...HARDENED,
      mem_limit: "320m",
      environment: { HOME: "/tmp", USER: "hub", PYTHONDONTWRITEBYTECODE: "1", MALLOC_ARENA_MAX: "1" },
      entrypoint: ["python3", "-m", "jupyterhub", "-f", `${HUB_FILES}/jupyterhub_config.py`],
      working_dir: "/tmp",
      healthcheck: asks("http://hub-door:8081/hub/health"),
      stop_grace_period: "5s",
    },
    files: {
      at: HUB_FILES,
      content: () =>
        Object.fromEntries(
          [
            "jupyterhub_config.py",
            "people_hub/door.py",
            "people_hub/spawner.py",
            "templates/page.html",
            "templates/spawn_pending.html",
          ].map((name) => [name, file(name)]),
        ),
    },
    secretFiles: {
      at: "/run/secrets/people-hub",
      content: (secrets) => ({ "door-secret": `${secrets.doorSecret}\n`, token: `${proxyToken(secrets)}\n` }),
    },
    inMemory: [SPAWNER_SOCKET],
    data: [{ source: `${layout.data}/hub`, target: "/data" }],
  };
}
