/** The parts of an image's name: `quay.io/jupyter/scipy-notebook:2026-08-08` is quay.io/jupyter/scipy-notebook and 2026-08-08. */
export interface ImageName {
  /** Registry and path, such as "docker.io/library/debian", with all defaults filled in. */
  repository: string;
  tag: string;
}

/**
 * Parses an image's name as Docker does. The default registry is Docker Hub, the default owner there is "library", and the
 * default tag is "latest".
 */
export function parseImageName(name: string): ImageName {
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(slash, 0));
  const hasRegistry = /[.:]/.test(first) || first === "localhost";
  const path = hasRegistry ? name : `docker.io/${slash === -1 ? "library/" : ""}${name}`;
  const [, repository = path, tag = "latest"] = /^(.+?)(?::([\w][\w.-]*))?$/.exec(path) ?? [];
  return { repository, tag };
}

/**
 * The name for pulling an image through a mirror: the mirror, then the whole name with its registry.
 *
 * @param mirror such as "mirror.example.com" or "127.0.0.1:5083/cache"
 */
export function mirrored(name: string, mirror: string): string {
  const { repository, tag } = parseImageName(name);
  return `${mirror}/${repository}:${tag}`;
}
