import type { Settings } from "../../settings/schema.ts";
import { CONTAINED, healthCheck } from "../compose.ts";
import { fill } from "../fill.ts";
import { DATABASE_NETWORK } from "../mariadb/mariadb.ts";
import type { Names } from "../names.ts";
import type { Service } from "../service.ts";
import type { Place } from "../site.ts";

/** JupyterLab: an image of Jupyter Docker Stacks, with the home directory on the host. */
export function jupyter(names: Names, settings: Settings, place: Place): Service {
  return {
    name: "jupyter",
    about: "JupyterLab. The home directory and the notebooks lie on the host; all else goes with the container.",
    image: { reference: `${settings.image}:${settings.imageTag}`, sizeMiB: 4600 },
    user: { uid: 1000, gid: 100 },
    networks: ["jupyter", ...(settings.database ? [DATABASE_NETWORK] : [])],
    compose: {
      ...CONTAINED,
      pids_limit: 1024,
      // When memory runs out, a kernel dies before the door does.
      oom_score_adj: 500,
      // Files of a server that was killed would mislead the next one, were they in the home directory.
      environment: { JUPYTER_RUNTIME_DIR: "/tmp/jupyter-runtime" },
      // The image's own check starts two Pythons every three seconds.
      healthcheck: healthCheck("wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8888/api"),
      stop_grace_period: "20s",
    },
    files: {
      at: "/usr/local/etc/jupyter",
      content: () => ({
        "jupyter_server_config.py": fill(new URL("jupyter_server_config.py", import.meta.url)),
        "labconfig/default_setting_overrides.json": fill(new URL("default_setting_overrides.json", import.meta.url)),
      }),
    },
    secretFiles: { at: "/run/secrets/jupyter", content: (secrets) => ({ "door-secret": `${secrets.doorSecret}\n` }) },
    data: [
      { source: `${place.data}/home`, target: "/home/jovyan" },
      { source: place.notebooks, target: "/home/jovyan/work" },
    ],
    virtualHost: {
      label: "jupyter",
      protected: true,
      title: "Jupyter",
      server: fill(new URL("jupyter.conf", import.meta.url), { domain: names.domain, vouch: names.origin("vouch") }),
    },
  };
}
