import type { Settings } from "../../settings/resolve.ts";
import { app, appData } from "../services/app/app.ts";
import { dex } from "../services/dex/dex.ts";
import { jupyter } from "../services/jupyter/jupyter.ts";
import { acme } from "../services/lego/lego.ts";
import { mariadb } from "../services/mariadb/mariadb.ts";
import type { Edge } from "../services/nginx/edge.ts";
import { nginx } from "../services/nginx/nginx.ts";
import { identityByOauth2Proxy, oauth2Proxy } from "../services/oauth2-proxy/oauth2Proxy.ts";
import { peopleCluster } from "../services/people-hub/cluster/peopleCluster.ts";
import { peopleHub, personNetworks, spawnsHere } from "../services/people-hub/peopleHub.ts";
import { peopleProxy } from "../services/people-proxy/peopleProxy.ts";
import { peopleSpawner } from "../services/people-spawner/peopleSpawner.ts";
import { personServer } from "../services/people-spawner/personServer.ts";
import { type SiteBackup, siteBackup } from "../services/site-backup/siteBackup.ts";
import { type SiteHistory, siteHistory } from "../services/site-history/siteHistory.ts";
import { identityOf, providerOf, signOutPage } from "../services/vouch/providers.ts";
import { vouch } from "../services/vouch/vouch.ts";
import { appNetworks } from "./appNetworks.ts";
import type { HostLayout } from "./hostLayout.ts";
import { throughMirror } from "./mirror.ts";
import { buildNames, type Names } from "./names.ts";
import { type SiteReboots, siteReboots } from "./reboots/reboots.ts";
import type { Image, Service } from "./service.ts";

/** The services to run, as plain data. */
export interface Site {
  /** Compose project; unique on a machine. */
  name: string;
  names: Names;
  layout: HostLayout;
  /** Allowed addresses and `@domains`, or user names at GitHub; lower-case. */
  allow: string[];
  services: Service[];
  /** Removed apps whose folders are to be deleted, too. */
  purge: { app: string; folder: string }[];
  /** The history of its data. Undefined: the history is off. */
  history: SiteHistory | undefined;
  /** The backup of its history; undefined: none is made. */
  backup: SiteBackup | undefined;
  /** The reboots of its machine; undefined: this program makes none. */
  reboots: SiteReboots | undefined;
}

/**
 * Builds the site from the settings.
 * @param name Compose project, `jupyter-up-<stack>`; see components/names.ts.
 * @param edge The proxy in front of the machine, if there is one.
 */
export function buildSite(name: string, settings: Settings, layout: HostLayout, edge?: Edge): Site {
  const { home, hostNames, allow, signIn, database, apps, purge, tls, sessionRotation, timezone } = settings;
  const names = buildNames(settings.domain, layout.httpsPort);
  // Docker publishes nginx's ports on the network whose name sorts first. "to" sorts after the others, so another app
  // does not move the ports to another network.
  const doors = appNetworks("to", namesOf(apps));
  const databases = appNetworks("db", namesOf(apps.filter((app) => app.database)));
  const behind = [
    signIn.gate === "oauth2-proxy" ? oauth2Proxy(names, signIn) : vouch(names, signIn),
    ...(signIn.provider === "dex" ? [dex(names, signIn.users)] : []),
    ...jupyterServices(name, names, settings, layout),
    ...(database
      ? [
          mariadb({
            ...database,
            apps,
            purge,
            history: settings.history,
            hasBackup: settings.backup !== false,
            timezone,
            layout,
            appNetworks: databases.all,
            ownServers: settings.people.kind === "own",
          }),
        ]
      : []),
    ...apps.map((given, index) =>
      app({
        names,
        app: given,
        index,
        timezone,
        layout,
        networks: [doors, databases].flatMap(({ of }) => of.get(given.name) ?? []),
      }),
    ),
  ];
  const history = settings.history
    ? siteHistory(name, settings.history, layout, behind, settings.backup !== false)
    : undefined;
  const backup = settings.backup && history ? siteBackup(name, settings.backup, layout, history.manifest) : undefined;
  const virtualHosts = behind.flatMap(({ virtualHost }) => virtualHost ?? []);
  const own =
    tls.mode === "letsencrypt" ? [acme({ name, layout, hostNames, email: tls.email, server: tls.server })] : [];
  const services = [
    nginx({
      name,
      names,
      layout,
      allow,
      home,
      identity: signIn.gate === "oauth2-proxy" ? identityByOauth2Proxy(signIn) : identityOf(signIn),
      people: signIn.users,
      virtualHosts,
      appNetworks: doors.all,
      timezone,
      keys: settings.keys,
      ownServers: settings.people.kind === "own",
      session: settings.session,
      rotation: [providerOf(signIn), sessionRotation ?? ""],
      signOutPage: signOutPage(signIn),
      ...(own[0]?.certificate ? { ownCertificate: own[0].certificate.id } : {}),
      edge,
    }),
    ...behind,
    ...own,
    ...(history?.service ? [history.service] : []),
    ...(backup ? [backup.service] : []),
  ];
  return {
    name,
    names,
    layout,
    allow,
    purge: purge.map((app) => ({ app, folder: appData(layout, app) })),
    history,
    backup,
    reboots: layout.systemd ? siteReboots(name, settings, layout) : undefined,
    services: services.map((service) => pulledThrough(settings.imageMirror, service)),
  };
}

/** One Jupyter for all people, or what gives each person a server. */
function jupyterServices(name: string, names: Names, settings: Settings, layout: HostLayout): Service[] {
  const { people } = settings;
  if (people.kind === "shared") return [jupyter(names, settings, layout)];
  const { on, most, idle } = people;
  if (on.kind === "kubernetes") return peopleCluster({ name, settings, layout, names, people: { ...people, on } });
  return [
    personServer(names, settings, layout, idle),
    peopleProxy(personNetworks(most)),
    peopleHub(layout, spawnsHere(most)),
    peopleSpawner({ name, settings, layout, names, limits: { memoryMiB: on.memoryMiB, most } }),
  ];
}

const namesOf = (apps: { name: string }[]) => apps.map(({ name }) => name);

/** The URLs of the services with a host name, by service; the front page, which is nginx's own, as `home`. */
export function urlsOf(site: Site): Record<string, string> {
  return Object.fromEntries(
    site.services.flatMap(({ name, virtualHost }) =>
      virtualHost ? [[name === "nginx" ? "home" : name, site.names.origin(virtualHost.label)]] : [],
    ),
  );
}

/** Every image the site runs, each once. */
export function imagesOf(site: Site): Image[] {
  return [...new Map(site.services.map(({ image }) => [image.reference, image])).values()];
}

const pulledThrough = (mirror: string | undefined, service: Service): Service => ({
  ...service,
  image: { ...service.image, reference: throughMirror(mirror, service.image.reference) },
});
