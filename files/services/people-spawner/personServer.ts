import type { Settings } from "../../../settings/resolve.ts";
import { renderTemplate } from "../../release/template.ts";
import type { HostLayout } from "../../site/hostLayout.ts";
import type { Names } from "../../site/names.ts";
import type { Service } from "../../site/service.ts";
import { jupyter } from "../jupyter/jupyter.ts";

/** Folder of a person's notebooks with that of all people in it. */
const SHARED = "shared";

/**
 * The server of a person: Jupyter as for all people, with a home of the person's own. The spawner starts it, once for each person, and
 * gives each its home, its secrets and its network.
 * @param idle seconds without work after which it ends.
 */
export function personServer(
  names: Names,
  settings: Pick<Settings, "jupyter" | "history" | "timezone">,
  layout: HostLayout,
  idle: number,
): Service {
  // The spawner gives each person the database's address.
  const { name, image, user, compose, files, data, virtualHost } = jupyter(
    names,
    { ...settings, database: false, history: false },
    layout,
  );
  if (!files || !virtualHost || !user || !data) throw new Error("the server of a person needs all parts of Jupyter");
  const file = (path: string) => renderTemplate(new URL(`../jupyter/${path}`, import.meta.url));
  return {
    name,
    about: "The server of a person, which the spawner starts.",
    onDemand: true,
    image,
    user,
    networks: [],
    compose: {
      ...compose,
      environment: { ...(compose.environment as Record<string, string>), JUPYTER_UP_IDLE: String(idle) },
    },
    files: {
      ...files,
      content: (source) => ({
        ...files.content(source),
        "jupyter_up/idle.py": file("jupyter_up/idle.py"),
        "jupyter_server_config.d/idle.json": `${JSON.stringify(
          { ServerApp: { jpserver_extensions: { "jupyter_up.idle": true } } },
          undefined,
          2,
        )}\n`,
      }),
    },
    data: data.map((folder) =>
      folder.source === layout.notebooks ? { ...folder, target: `${folder.target}/${SHARED}` } : folder,
    ),
    virtualHost: {
      ...virtualHost,
      backend: "people-proxy:8000",
      server: renderTemplate(new URL("../people-proxy/jupyter.conf", import.meta.url), { domain: names.domain }),
    },
  };
}
