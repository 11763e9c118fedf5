import type { TestHost } from "./host.ts";
import { bundleWith } from "./site.ts";
import { composeOf } from "./unpack.ts";
import type { onThisMachine } from "./variants.ts";

/**
 * Options of `docker run` for a container with Jupyter's configuration, and without the site's folders and networks.
 * Writes the files of the release to the host.
 */
export async function jupyterOptions(host: TestHost, changes: ReturnType<typeof onThisMachine>): Promise<string[]> {
  const bundle = bundleWith({ ...changes, layout: { ...changes.layout, ...host.layout } });
  await host.apply("secrets", bundle.secrets);
  host.layOut(bundle.release);
  const { volumes = [], environment = {}, tmpfs = [] } = composeOf(bundle.release).services.jupyter ?? {};
  return [
    ...["--rm", "--interactive", "--network", "none"],
    ...volumes
      .filter(({ read_only }) => read_only)
      .flatMap(({ source, target }) => ["--volume", `${source}:${target}:ro`]),
    ...Object.entries(environment).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    ...tmpfs.flatMap((folder) => ["--tmpfs", folder]),
  ];
}
