import { HARDENED, healthCheck } from "../../release/hardening.ts";
import { renderTemplate } from "../../release/template.ts";
import type { HostLayout } from "../../site/hostLayout.ts";
import type { Secrets } from "../../site/secrets.ts";
import type { Image, Service, TextFiles } from "../../site/service.ts";
import { proxyToken } from "./keys.ts";

/** JupyterHub with its proxy. The spawner runs in it, too: it needs only its Python. */
export const HUB_IMAGE = { reference: "quay.io/jupyterhub/jupyterhub:5.5.4", sizeMiB: 620 };
/** User of the hub, who may send requests to the spawner. */
export const HUB_USER = { uid: 985, gid: 985, imposed: true };
/** The folder in memory with the spawner's socket, which the hub shares with the spawner. */
export const SPAWNER_SOCKET = { name: "people-spawner", target: "/run/people" };

export const HUB_FILES = "/usr/local/etc/people-hub";
export const HUB_SECRETS = "/run/secrets/people-hub";
const file = (name: string) => renderTemplate(new URL(name, import.meta.url));
const asks = (url: string) =>
  healthCheck("python3", "-c", `import urllib.request; urllib.request.urlopen("${url}", timeout=4)`);

/** Networks of the hub, the proxy and one server each. */
export const personNetworks = (most: number) => Array.from({ length: most }, (_, index) => `person-${index + 1}`);

/** How the hub starts servers. */
export interface Spawning {
  /** What the hub does about servers, for readers of compose.yaml. */
  about: string;
  /** JupyterHub, and all that its spawner needs. */
  image: Image;
  /** Networks on which the hub reaches servers, besides that of nginx. */
  networks: string[];
  /** spawner_config.py, which the hub's configuration reads, and what it needs. */
  files: () => TextFiles;
  /** More variables of its environment. */
  environment?: Record<string, string>;
  /** More secret files. */
  secretFiles?: (secrets: Secrets) => TextFiles;
  /** More of the service. */
  also?: Pick<Service, "inMemory" | "dismiss">;
}

/** The hub asks the site's spawner, which starts servers on the machine. @param most servers at the same time. */
export const spawnsHere = (most: number): Spawning => ({
  about: "asking the spawner. On the networks person-*, it only looks whether a server answers",
  image: HUB_IMAGE,
  networks: personNetworks(most),
  files: () => ({
    "spawner_config.py": file("spawner_config.py"),
    "people_hub/machine.py": file("people_hub/machine.py"),
  }),
  also: { inMemory: [SPAWNER_SOCKET] },
});

/** JupyterHub: the pages on which a server starts, and what decides that it does. It has no access to Docker. */
export function peopleHub(layout: HostLayout, spawning: Spawning): Service {
  const { about, image, networks, files, environment, secretFiles, also } = spawning;
  return {
    name: "people-hub",
    about: `JupyterHub: starts a person's server at the first visit, by ${about}.`,
    image,
    user: HUB_USER,
    networks: ["jupyter", ...networks],
    // It listens on the address of this name, which is only on the network that it shares with nginx and the proxy.
    aliases: { jupyter: ["hub-door"] },
    compose: {
      ...HARDENED,
      mem_limit: "320m",
      environment: { HOME: "/tmp", USER: "hub", PYTHONDONTWRITEBYTECODE: "1", MALLOC_ARENA_MAX: "1", ...environment },
      entrypoint: ["python3", "-m", "jupyterhub", "-f", `${HUB_FILES}/jupyterhub_config.py`],
      working_dir: "/tmp",
      healthcheck: asks("http://hub-door:8081/hub/health"),
      stop_grace_period: "5s",
    },
    files: {
      at: HUB_FILES,
      content: () => ({
        ...Object.fromEntries(
          [
            "jupyterhub_config.py",
            "people_hub/door.py",
            "people_hub/servers.py",
            "templates/page.html",
            "templates/spawn_pending.html",
          ].map((name) => [name, file(name)]),
        ),
        ...files(),
      }),
    },
    secretFiles: {
      at: HUB_SECRETS,
      content: (secrets) => ({
        "door-secret": `${secrets.doorSecret}\n`,
        token: `${proxyToken(secrets)}\n`,
        ...secretFiles?.(secrets),
      }),
    },
    data: [{ source: `${layout.data}/hub`, target: "/data" }],
    ...also,
  };
}
