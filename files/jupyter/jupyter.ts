import type { Settings } from "../../settings/schema.ts";
import { asking, CONTAINED, healthCheck } from "../compose.ts";
import { fill } from "../fill.ts";
import { NOTEBOOKS } from "../mariadb/access.ts";
import { DATABASE_NETWORK } from "../mariadb/mariadb.ts";
import type { Names } from "../names.ts";
import type { Secrets } from "../secrets.ts";
import type { Service } from "../service.ts";
import type { Place } from "../site.ts";

const FILES = "/usr/local/etc/jupyter";
const file = (name: string) => fill(new URL(name, import.meta.url));

/** What `pd.read_sql("select ...", os.environ["DATABASE_URL"])` takes. */
const DATABASE_PACKAGES = ["pandas", "SQLAlchemy", "PyMySQL"];

/** JupyterLab: an image of Jupyter Docker Stacks, with the home directory on the host. */
export function jupyter(names: Names, settings: Settings, place: Place): Service {
  const { database, packages } = settings;
  return {
    name: "jupyter",
    about: "JupyterLab. The home directory and the notebooks lie on the host; all else goes with the container.",
    image: { reference: `${settings.image}:${settings.imageTag}`, sizeMiB: 4600 },
    user: { uid: 1000, gid: 100 },
    networks: ["jupyter", ...(database ? [DATABASE_NETWORK] : [])],
    compose: {
      ...CONTAINED,
      pids_limit: 1024,
      // When memory runs out, a kernel dies before the door does; see also takesMemoryLeft.
      oom_score_adj: 500,
      environment: {
        // Files of a server that was killed would mislead the next one, were they in the home directory.
        JUPYTER_RUNTIME_DIR: "/tmp/jupyter-runtime",
        // For the server alone, see jupyter_server_config.py; extensions that a user installs are found all the same.
        PYTHONNOUSERSITE: "1",
        JUPYTER_CONFIG_PATH: "/home/jovyan/.local/etc/jupyter",
      },
      // The image's own check starts two Pythons every three seconds.
      healthcheck: healthCheck(...asking("http://127.0.0.1:8888/api")),
      stop_grace_period: "20s",
    },
    files: {
      at: FILES,
      content: () => ({
        "jupyter_server_config.py": file("jupyter_server_config.py"),
        "end_removed.py": file("end_removed.py"),
        "labconfig/default_setting_overrides.json": file("default_setting_overrides.json"),
        "packages.py": file("packages.py"),
        "pip.conf": file("pip.conf"),
        "place-once.sh": file("place-once.sh"),
        "welcome.ipynb": file("welcome.ipynb"),
      }),
      elsewhere: { "/opt/conda/pip.conf": "pip.conf" },
    },
    secretFiles: {
      at: "/run/secrets/jupyter",
      content: (secrets) => ({
        "door-secret": `${secrets.doorSecret}\n`,
        ...(database ? { "database-url": `${databaseUrl(secrets)}\n` } : {}),
      }),
    },
    prepare: [
      ["sh", `${FILES}/place-once.sh`, `${FILES}/welcome.ipynb`],
      ["python3", `${FILES}/packages.py`, ...(database ? DATABASE_PACKAGES : []), ...packages.map(withoutBlanks)],
    ],
    // /opt/conda is theirs, and first in PATH.
    userControlled: true,
    takesMemoryLeft: true,
    dismiss: ["python3", `${FILES}/end_removed.py`],
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

/** As SQLAlchemy reads it. */
function databaseUrl({ notebooksDatabasePassword }: Secrets): string {
  const password = encodeURIComponent(notebooksDatabasePassword);
  return `mariadb+pymysql://${NOTEBOOKS}:${password}@mariadb/${NOTEBOOKS}?charset=utf8mb4`;
}

const withoutBlanks = (requirement: string) => requirement.replace(/\s/g, "");
