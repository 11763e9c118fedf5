import type { Settings } from "../../../settings/resolve.ts";
import { BASELINE, healthCheck, wget } from "../../release/hardening.ts";
import { renderTemplate } from "../../release/template.ts";
import type { HostLayout } from "../../site/hostLayout.ts";
import type { Names } from "../../site/names.ts";
import type { Secrets } from "../../site/secrets.ts";
import type { Service } from "../../site/service.ts";
import { NOTEBOOKS } from "../mariadb/access.ts";
import { DATABASE_NETWORK } from "../mariadb/mariadb.ts";

const FILES = "/usr/local/etc/jupyter-up";
/** What the container's start has to say to a release; see serve.sh. */
const NOTICE = "/tmp/jupyter-up-notice";
const HOME = "/home/jovyan";
const file = (name: string) => renderTemplate(new URL(name, import.meta.url));

const USER = { uid: 1000, gid: 100 };

/** Processes and threads. numpy alone starts a thread for each core in every kernel. */
const PROCESSES = 1024;

/** What `pd.read_sql("select ...", os.environ["DATABASE_URL"])` takes. */
const DATABASE_PACKAGES = ["pandas", "SQLAlchemy", "PyMySQL"];

/** JupyterLab: an image of Jupyter Docker Stacks, with the home directory on the host. */
export function jupyter(names: Names, settings: Pick<Settings, "jupyter" | "database">, layout: HostLayout): Service {
  const { database } = settings;
  const { image, tag, packages } = settings.jupyter;
  // The image knows 1000 only.
  const nameless = layout.uid === USER.uid ? undefined : layout.uid;
  return {
    name: "jupyter",
    about: "JupyterLab. The home directory and the notebooks lie on the host; all else goes with the container.",
    image: { reference: `${image}:${tag}`, sizeMiB: 4600 },
    user: USER,
    networks: ["jupyter", ...(database ? [DATABASE_NETWORK] : [])],
    compose: {
      ...BASELINE,
      // What the machine's cores allow is more; see `processesPerCore`.
      pids_limit: PROCESSES,
      // Memory that processes share, up to half of the machine's: PyTorch's loaders and Ray pass their data there. Docker's own
      // 64 MB end a kernel by a bus error. What is not used takes nothing.
      tmpfs: ["/dev/shm:mode=1777,size=50%"],
      // When memory runs out, a kernel dies before the door does; see also takesMemoryLeft.
      oom_score_adj: 500,
      environment: {
        // Files of a server that was killed would mislead the next one, were they in the home directory.
        JUPYTER_RUNTIME_DIR: "/tmp/jupyter-runtime",
        // For the server alone, see jupyter_server_config.py; extensions that a user installs are found all the same.
        PYTHONNOUSERSITE: "1",
        // The first one goes before all others: what is set there, no file of the home directory changes.
        JUPYTER_CONFIG_PATH: `${FILES}:${HOME}/.local/etc/jupyter`,
      },
      command: ["sh", `${FILES}/serve.sh`, NOTICE, "start-notebook.py"],
      // The image's own check starts two Pythons every three seconds. This asks where nginx does, and not on loopback.
      healthcheck: healthCheck(...wget("http://jupyter:8888/api")),
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
        "serve.sh": file("serve.sh"),
        "welcome.ipynb": file("welcome.ipynb"),
        ...(nameless ? { passwd: passwdFor(nameless) } : {}),
      }),
      elsewhere: { "/opt/conda/pip.conf": "pip.conf", ...(nameless ? { "/etc/passwd": "passwd" } : {}) },
    },
    secretFiles: {
      at: "/run/secrets/jupyter",
      content: (secrets) => ({
        "door-secret": `${secrets.doorSecret}\n`,
        ...(database ? { "database-url": `${databaseUrl(secrets)}\n` } : {}),
      }),
    },
    prepare: [
      ["cat", NOTICE],
      ["sh", `${FILES}/place-once.sh`, `${HOME}/work`, `${FILES}/welcome.ipynb`],
      // The home directory that is mounted hides those that the image has there.
      ["sh", `${FILES}/place-once.sh`, HOME, "/etc/skel/.bashrc", "/etc/skel/.profile"],
      ["python3", `${FILES}/packages.py`, ...(database ? DATABASE_PACKAGES : []), ...packages.map(withoutBlanks)],
    ],
    // /opt/conda is theirs, and first in PATH.
    userControlled: true,
    takesMemoryLeft: true,
    processesPerCore: PROCESSES,
    dismiss: ["python3", `${FILES}/end_removed.py`],
    data: [
      { source: `${layout.data}/home`, target: HOME },
      { source: layout.notebooks, target: `${HOME}/work` },
    ],
    virtualHost: {
      label: "jupyter",
      protected: true,
      title: "Jupyter",
      server: renderTemplate(new URL("jupyter.conf", import.meta.url), {
        domain: names.domain,
        vouch: names.origin("vouch"),
      }),
    },
  };
}

/** As SQLAlchemy reads it. */
function databaseUrl({ notebooksDatabasePassword }: Secrets): string {
  const password = encodeURIComponent(notebooksDatabasePassword);
  return `mariadb+pymysql://${NOTEBOOKS}:${password}@mariadb/${NOTEBOOKS}?charset=utf8mb4`;
}

/** The image's users as far as anything asks for them, with another number for its own: programs such as ssh end without a name. */
const passwdFor = (uid: number) => `\
root:x:0:0:root:/root:/bin/bash
jovyan:x:${uid}:${USER.gid}::${HOME}:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`;

const withoutBlanks = (requirement: string) => requirement.replace(/\s/g, "");
