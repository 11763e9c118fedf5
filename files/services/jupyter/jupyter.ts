import type { Settings } from "../../../settings/resolve.ts";
import { clockOf } from "../../release/clock.ts";
import { BASELINE, healthCheck, wget } from "../../release/hardening.ts";
import { renderTemplate } from "../../release/template.ts";
import { HISTORY_MOUNT, historyFolder } from "../../site/historyFolder.ts";
import type { HostLayout } from "../../site/hostLayout.ts";
import type { Names } from "../../site/names.ts";
import type { Secrets } from "../../site/secrets.ts";
import type { Service } from "../../site/service.ts";
import { NOTEBOOKS } from "../mariadb/access.ts";
import { DATABASE_NETWORK } from "../mariadb/mariadb.ts";

const FILES = "/usr/local/etc/jupyter-up";
/** Folder of the running server's files. It is in memory, so that the server and kernels start when the disk is full. */
const RUN = "/run/jupyter";
/** The message of the start-up script for a release; see serve.sh. */
const NOTICE = `${RUN}/notice`;
const HOME = "/home/jovyan";
const file = (name: string) => renderTemplate(new URL(name, import.meta.url));

/** Plugins of JupyterLab, which need no build. */
const LAB_EXTENSIONS = [
  ...["package.json", "resend.js"].map((name) => `labextensions/jupyter-up/${name}`),
  ...["package.json", "memory.js"].map((name) => `labextensions/jupyter-up-memory/${name}`),
  ...["package.json", "signIn.js"].map((name) => `labextensions/jupyter-up-sign-in/${name}`),
];

/** Python modules of jupyter_server_config.py. */
const MODULES = ["connections", "disk", "history", "kernels", "meter", "saving", "terminals"].map(
  (name) => `jupyter_up/${name}.py`,
);

/** Takes the place of a package that only the server does without; see serve.sh. */
const WITHOUT = "without/rfc3987_syntax.py";

const USER = { uid: 1000, gid: 100 };

/** The most processes and threads. numpy alone starts one thread per core in every kernel. */
const PROCESSES = 1024;

/** Packages that `pd.read_sql("select ...", os.environ["DATABASE_URL"])` needs. */
const DATABASE_PACKAGES = ["pandas", "SQLAlchemy", "PyMySQL"];

/** JupyterLab: an image of Jupyter Docker Stacks, with the home directory on the host. */
export function jupyter(
  names: Names,
  settings: Pick<Settings, "jupyter" | "database" | "history" | "timezone">,
  layout: HostLayout,
): Service {
  const { database, history } = settings;
  const { image, tag, packages } = settings.jupyter;
  // The image's passwd file has only the user 1000.
  const nameless = layout.uid === USER.uid ? undefined : layout.uid;
  return {
    name: "jupyter",
    about:
      "JupyterLab. The home directory and the notebooks are on the host; everything else is lost with the container.",
    image: { reference: `${image}:${tag}`, sizeMiB: 4600 },
    user: USER,
    networks: ["jupyter", ...(database ? [DATABASE_NETWORK] : [])],
    compose: {
      ...BASELINE,
      // The host raises this limit on machines with many cores; see `processesPerCore`.
      pids_limit: PROCESSES,
      // Shared memory, up to half of the machine's: PyTorch's loaders and Ray pass their data there. With Docker's own
      // 64 MB, a kernel ends with a bus error. Unused shared memory costs nothing.
      tmpfs: ["/dev/shm:mode=1777,size=50%", runFolder(layout)],
      // When memory runs out, a kernel is killed before nginx or Vouch; see also takesMemoryLeft.
      oom_score_adj: 500,
      environment: {
        ...clockOf(settings.timezone),
        // By default this folder is in the home directory, where a killed server would leave files for the next one.
        JUPYTER_RUNTIME_DIR: `${RUN}/runtime`,
        // Only the server ignores packages of the home directory; see jupyter_server_config.py. It still finds extensions
        // that a user installs.
        PYTHONNOUSERSITE: "1",
        // The first folder overrides all others, so no file of the home directory can change its settings.
        JUPYTER_CONFIG_PATH: `${FILES}:${HOME}/.local/etc/jupyter`,
        // Shown to a user whose kernel ran out of memory; see kernels.py.
        JUPYTER_UP_MORE_MEMORY: moreMemory(layout),
      },
      command: ["sh", `${FILES}/serve.sh`, NOTICE, "start-notebook.py"],
      // The image's own check starts two Pythons every three seconds. This one uses the address that nginx uses, not
      // loopback.
      healthcheck: healthCheck(...wget("http://jupyter:8888/api")),
      stop_grace_period: "20s",
    },
    files: {
      at: FILES,
      content: () => ({
        "jupyter_server_config.py": file("jupyter_server_config.py"),
        ...Object.fromEntries([...MODULES, ...LAB_EXTENSIONS, WITHOUT].map((path) => [path, file(path)])),
        "activity.py": file("activity.py"),
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
      // The mounted home directory hides these files of the image.
      ["sh", `${FILES}/place-once.sh`, HOME, "/etc/skel/.bashrc", "/etc/skel/.profile"],
      ["python3", `${FILES}/packages.py`, ...(database ? DATABASE_PACKAGES : []), ...packages.map(withoutBlanks)],
    ],
    // /opt/conda belongs to the users and is first in PATH.
    userControlled: true,
    takesMemoryLeft: true,
    processesPerCore: PROCESSES,
    dismiss: ["python3", `${FILES}/end_removed.py`],
    activity: ["python3", `${FILES}/activity.py`],
    data: [
      // The history leaves out caches and the trash.
      {
        source: `${layout.data}/home`,
        target: HOME,
        history: { at: "jupyter/home", without: [".cache", ".local/share/Trash"] },
      },
      {
        source: layout.notebooks,
        target: `${HOME}/work`,
        history: { at: "jupyter/notebooks", without: [HISTORY_MOUNT] },
      },
    ],
    // The mount is inside the notebooks folder, because the file browser shows nothing outside of it.
    foreign: history ? [{ source: `${historyFolder(layout)}/jupyter`, target: `${HOME}/work/${HISTORY_MOUNT}` }] : [],
    virtualHost: {
      label: "jupyter",
      protected: true,
      title: "Jupyter",
      backend: "jupyter:8888",
      server: renderTemplate(new URL("jupyter.conf", import.meta.url), { domain: names.domain }),
    },
  };
}

/** The URL of the notebooks' database, in SQLAlchemy's notation. */
function databaseUrl({ notebooksDatabasePassword }: Secrets): string {
  const password = encodeURIComponent(notebooksDatabasePassword);
  return `mariadb+pymysql://${NOTEBOOKS}:${password}@mariadb/${NOTEBOOKS}?charset=utf8mb4`;
}

/**
 * The tmpfs of the running server's files. It belongs to the container's user. A mode that lets everybody write would be
 * lost when the container restarts, because runc before 1.2 then uses the mode of the image's folder at that path.
 */
const runFolder = ({ uid = USER.uid }: HostLayout) => `${RUN}:uid=${uid},gid=${USER.gid},mode=700,size=16m`;

/** The next larger machine type, for the types with little memory. */
const LARGER: Record<string, string> = {
  "e2-micro": "e2-small",
  "e2-small": "e2-medium",
  "e2-medium": "e2-standard-2",
  "e2-standard-2": "e2-standard-4",
};

/** A sentence for users that says how the machine gets more memory. */
function moreMemory({ machine }: HostLayout): string {
  if (!machine)
    return "This needs a machine with more memory. Docker Desktop has its own memory limit (Settings > Resources).";
  const command = `pulumi config set machineType ${LARGER[machine] ?? "TYPE"} && pulumi up`;
  return `This needs a larger machine. The owner of this site can set one: ${command}`;
}

/**
 * A passwd file with the image's users and another user ID for the main one. Programs such as ssh fail if their user has no
 * name.
 */
const passwdFor = (uid: number) => `\
root:x:0:0:root:/root:/bin/bash
jovyan:x:${uid}:${USER.gid}::${HOME}:/bin/bash
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`;

const withoutBlanks = (requirement: string) => requirement.replace(/\s/g, "");
