import type { App } from "../../../settings/apps/app.ts";
import { filesBelow } from "../../../settings/checkout.ts";
import { clockOf, environmentOf } from "../../release/clock.ts";
import { UNTRUSTED, wget } from "../../release/hardening.ts";
import { renderTemplate } from "../../release/template.ts";
import type { HostLayout } from "../../site/hostLayout.ts";
import { hostName, type Names } from "../../site/names.ts";
import type { Secrets } from "../../site/secrets.ts";
import type { Service } from "../../site/service.ts";

/** Disk space to keep free for an image of unknown size. */
const IMAGE_MIB = 500;

export interface AppArgs {
  names: Names;
  app: App;
  /** Its position in the setting `apps`. */
  index: number;
  /** The setting `timezone`. */
  timezone: string;
  layout: HostLayout;
  /**
   * Networks that no other app is on, so that apps cannot reach each other and cannot pose as nginx to another: nginx is
   * on one, and MariaDB, for an app with a database, on the other.
   */
  networks: string[];
}

/** Any image behind the site's sign-in. */
export function app({ names, app, index, timezone, layout, networks }: AppArgs): Service {
  const { name, port } = app;
  return {
    name,
    about: `The app ${name}, from the stack's setting apps. Its folders are on the host; everything else is lost with the container.`,
    image: {
      reference: app.image,
      sizeMiB: IMAGE_MIB,
      setting: `apps[${index}].image`,
      ...(app.image.includes("@")
        ? {}
        : { pin: `pulumi config set --path 'apps[${index}].image' ${app.image}@{digest}` }),
    },
    networks,
    compose: {
      ...UNTRUSTED,
      mem_limit: app.memory,
      ...environmentOf({ ...clockOf(timezone), ...app.environment }),
      // Nothing would use the image's own health check: a release runs its own probe, and later the users notice.
      healthcheck: { disable: true },
    },
    folders: Object.entries(app.files).map(([at, folder]) => ({ at, files: filesBelow(folder) })),
    secretEnvironment: (secrets) => ({ ...databaseVariables(app, secrets), ...secrets.appSecrets[name] }),
    readinessProbe: { service: "nginx", succeeds: question(app) },
    data: outermost(app.volumes).map((target) => ({
      source: volumeFolder(layout, name, target),
      target,
      history: { at: `site/apps/${name}/${folderName(target)}` },
      inner: app.volumes.filter((volume) => volume.startsWith(`${target}/`)).map((volume) => relative(target, volume)),
    })),
    virtualHost: {
      label: name,
      protected: true,
      title: app.title ?? name,
      backend: `${name}:${port}`,
      ...(app.allow ? { allow: app.allow } : {}),
      ...(app.crossSite ? { crossSite: true } : {}),
      server: renderTemplate(new URL("app.conf", import.meta.url), {
        name,
        host: hostName(names, name),
        port: String(port),
        upgrades: app.websocket ? "websocket" : "no-websocket",
      }),
    },
  };
}

/** The folder of an app's data on the host; it outlives the app. */
export const appData = (layout: HostLayout, app: string) => `${layout.data}/apps/${app}`;

/**
 * The folder of a volume. Each is directly in the app's folder, which the app itself cannot write to. If `/data/sub`
 * were a folder inside that of `/data`, the app could replace it with a link to any folder of the host. No path in a
 * container has a `~` in it.
 */
const volumeFolder = (layout: HostLayout, app: string, target: string) =>
  `${appData(layout, app)}/${folderName(target)}`;

const folderName = (target: string) => relative("", target).replaceAll("/", "~");

/** A volume below another one is a part of it. */
const outermost = (volumes: string[]) =>
  volumes.filter((volume) => !volumes.some((other) => volume.startsWith(`${other}/`)));

const relative = (folder: string, path: string) => path.slice(folder.length + 1);

/** An image may contain no program for a probe. nginx's image does, and its probe uses the same path as the users. */
function question({ name, port, path }: App): string[] {
  return path
    ? wget(`http://${name}:${port}${path}`, "-T", "5")
    : ["busybox", "nc", "-w", "3", name, String(port), "-e", "true"];
}

function databaseVariables({ name, database }: App, { appDatabasePasswords }: Secrets): Record<string, string> {
  const password = appDatabasePasswords[name];
  if (!database || password === undefined) return {};
  return {
    DATABASE_URL: `mysql://${name}:${password}@mariadb:3306/${name}`,
    DB_HOST: "mariadb",
    DB_NAME: name,
    DB_USER: name,
    DB_PASSWORD: password,
  };
}
