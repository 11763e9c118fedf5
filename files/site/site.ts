import type { Settings } from "../../settings/schema.ts";
import { usersOf } from "../../settings/signIn.ts";
import { tlsOf } from "../../settings/web.ts";
import { app, appData } from "../services/app/app.ts";
import { dex } from "../services/dex/dex.ts";
import { jupyter } from "../services/jupyter/jupyter.ts";
import { acme } from "../services/lego/lego.ts";
import { mariadb } from "../services/mariadb/mariadb.ts";
import type { Edge } from "../services/nginx/edge.ts";
import { nginx } from "../services/nginx/nginx.ts";
import { identityOf } from "../services/vouch/providers.ts";
import { vouch } from "../services/vouch/vouch.ts";
import { hostName, type Names, namesOf } from "./names.ts";
import type { Place } from "./place.ts";
import type { Image, Service } from "./service.ts";

/** Which services run, as plain data. */
export interface Site {
  /** Compose project; unique on a machine. */
  name: string;
  names: Names;
  place: Place;
  /** Addresses and `@domains` that may come in, or names at GitHub; lower-cased. */
  allow: string[];
  services: Service[];
  /** Apps that are no more, and the folders of theirs that are to go, too. */
  purge: { app: string; folder: string }[];
}

/**
 * The site that the settings ask for.
 * @param name Compose project, `jupyter-up-<stack>`; see components/names.ts.
 * @param edge Who stands before the machine, if anybody does.
 */
export function siteOf(name: string, settings: Settings, place: Place, edge?: Edge): Site {
  const names = namesOf(settings.domain, place.httpsPort);
  const behind = [
    vouch(names, settings.signIn),
    ...(settings.signIn.provider === "dex" ? [dex(names, settings.signIn.users)] : []),
    jupyter(names, settings, place),
    ...(settings.database ? [mariadb(settings, place)] : []),
    ...settings.apps.map((given, index) => app(names, given, index, place)),
  ];
  const virtualHosts = behind.flatMap(({ virtualHost }) => virtualHost ?? []);
  const hostNames = [settings.home ?? "", ...virtualHosts.map(({ label }) => label)].map((label) =>
    hostName(names, label),
  );
  const order = { name, place, hostNames, email: settings.acmeEmail ?? "", server: settings.acmeServer };
  const own = tlsOf(settings) === "letsencrypt" ? [acme(order)] : [];
  const services = [
    nginx({
      name,
      names,
      place,
      allow: settings.allow,
      home: settings.home ?? "",
      identity: identityOf(settings.signIn),
      people: usersOf(settings.signIn),
      virtualHosts,
      sessionRotation: settings.sessionRotation,
      ...(own[0]?.certificate ? { ownCertificate: own[0].certificate.id } : {}),
      edge,
    }),
    ...behind,
    ...own,
  ];
  const purge = settings.purge.map((app) => ({ app, folder: appData(place, app) }));
  return {
    name,
    names,
    place,
    allow: settings.allow,
    purge,
    services: services.map((service) => pulledThrough(settings.imageMirror, service)),
  };
}

/** Where each service is that has a name of its own, by its service; the front page, which is nginx's own, as `home`. */
export function urlsOf(site: Site): Record<string, string> {
  return Object.fromEntries(
    site.services.flatMap(({ name, virtualHost }) =>
      virtualHost ? [[name === "nginx" ? "home" : name, site.names.origin(virtualHost.label)]] : [],
    ),
  );
}

/** Every name the certificate and the DNS need. */
export function hostNames(site: Site): string[] {
  return site.services.flatMap(({ virtualHost }) => (virtualHost ? [hostName(site.names, virtualHost.label)] : []));
}

/** Every image the site runs, each once. */
export function imagesOf(site: Site): Image[] {
  return [...new Map(site.services.map(({ image }) => [image.reference, image])).values()];
}

/** A mirror holds each image under its full name: mirror.example.com/quay.io/jupyter/scipy-notebook. */
function pulledThrough(mirror: string | undefined, service: Service): Service {
  if (!mirror) return service;
  return { ...service, image: { ...service.image, reference: `${mirror}/${service.image.reference}` } };
}
