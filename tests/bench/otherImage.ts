import { run } from "../../scripts/cli/command.ts";

/** The parts of an image's configuration that `docker import` takes. */
interface ImageConfig {
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  User?: string;
  WorkingDir?: string;
}

/** Pushes an image with the same files as another one, in a layer that nobody has yet: it takes as long to pull as a new version. */
export async function pushOtherImage(reference: string, other: string): Promise<void> {
  await run("docker pull", "docker", ["pull", "--quiet", reference]);
  const format = ["--format", "{{json .Config}}"];
  const config: ImageConfig = JSON.parse(await run("docker inspect", "docker", ["inspect", ...format, reference]));
  const changes = [
    ...(config.Env ?? []).map((variable) => {
      const [name = "", value = ""] = variable.split(/=(.*)/s);
      return `ENV ${name}=${JSON.stringify(value)}`;
    }),
    ...(config.Entrypoint ? [`ENTRYPOINT ${JSON.stringify(config.Entrypoint)}`] : []),
    ...(config.Cmd ? [`CMD ${JSON.stringify(config.Cmd)}`] : []),
    ...(config.User ? [`USER ${config.User}`] : []),
    ...(config.WorkingDir ? [`WORKDIR ${config.WorkingDir}`] : []),
  ].flatMap((change) => ["--change", change]);
  const container = (await run("docker create", "docker", ["create", reference])).trim();
  const script = 'container=$1; shift; docker export "$container" | docker import "$@"';
  await run("docker import", "sh", ["-ec", script, "sh", container, ...changes, "-", other]);
  await run("docker rm", "docker", ["rm", container]);
  await run("docker push", "docker", ["push", "--quiet", other]);
  await run("docker image rm", "docker", ["image", "rm", other]);
}
