import type { Secrets } from "./secrets.ts";

/** Text files by their path below a folder. */
export type TextFiles = Record<string, string>;

/** A container image the site runs. */
export interface Image {
  /** Full reference, registry included, as `docker pull` takes it. */
  reference: string;
  /** Room it takes when unpacked, in MiB, rounded up; a pull is refused when the disk has less. */
  sizeMiB: number;
  /** The setting that names it, if it is anybody's image: `apps[0].image`. */
  setting?: string;
  /**
   * For a tag that moves, which each release looks up: the command that ends this. `{version}` and `{digest}` in it stand for
   * those of an image. Absent: the image is pulled once.
   */
  pin?: string;
}

/** A folder of files that lies on the host and is mounted read-only into the container. */
export interface MountedFiles<Source> {
  /** Folder in the container. */
  at: string;
  /** Makes the files: from where the service finds its secret files, or from the secrets themselves. */
  content: (source: Source) => TextFiles;
  /** Files of them that a program looks for elsewhere, by their path in the container. */
  elsewhere?: Record<string, string>;
}

/** Files of mode 0600. */
export interface SecretFiles extends MountedFiles<Secrets> {
  /**
   * What is mounted is the folder around every version of them, with a link `current` to the one of the running release, so
   * that no change of them makes the container anew. So it is for a service that reloads, without the link.
   */
  mountParent?: boolean;
}

/** Where a service finds its secret files, in its container. */
export interface SecretFolder {
  secretFolder: string;
}

/** A folder on the host that outlives containers, releases and the site itself. */
export interface DataFolder {
  /** Absolute path on the host. */
  source: string;
  /** Folder in the container. */
  target: string;
  /** Folders to be made in it, by their paths below it: the image's user makes them, with nothing else of the host to see. */
  inner?: string[];
}

/** A folder of files that anybody may read, mounted read-only on a place of its own. */
export interface MountedFolder {
  /** Folder in the container. */
  at: string;
  files: TextFiles;
}

/** A service that comes to another one's network, as it runs. */
export interface NetworkAttachment {
  /** The visiting service. */
  service: string;
  /** The other one's network. */
  network: string;
  /** Name that it is called by there; absent: it calls, and is not called. */
  alias?: string;
}

/** A name of the site in front of its domain, and the nginx server that answers for it. */
export interface VirtualHost {
  /** First label: `jupyter` for jupyter.lab.example.com; empty for the domain itself. */
  label: string;
  /** Whether people are sent here when they sign in, so that Vouch may come back to it. */
  protected: boolean;
  /** Words on its tile on the front page; absent: it has none. */
  title?: string;
  /** Who of the site's people may come in here, lower-cased addresses and `@domains`; absent: all of them. */
  allow?: string[];
  /** Whether pages of other names and sites may ask for more than to be opened: forms, scripts, frames. */
  crossSite?: boolean;
  /** nginx `server` block. */
  server: string;
}

/** A certificate that the machine gets by itself; see host/site_apply/certificate.py. */
export interface OwnCertificate {
  /** Name of its file in `folder`, and of its folder among the reader's secret files: `<id>/tls.pem`, chain and key. */
  id: string;
  /** Absolute path on the host where the service keeps `certificates/<id>.pem`. */
  folder: string;
  /** The service that uses it. */
  reader: string;
}

/** One service of the site: what Compose runs, what lies on the host for it, and the name it answers to. */
export interface Service {
  /** Name in Compose, and host name on the networks. */
  name: string;
  /** A sentence for whoever reads compose.yaml at night. */
  about: string;
  image: Image;
  /**
   * User and group of the image's process: the owner of its secret files and data folders. Imposed on an image that would
   * begin as root. Absent for an image that nobody here knows: its own say, which the host asks it for.
   */
  user?: { uid: number; gid: number; imposed?: boolean };
  /** Networks it is on. Services reach each other only where they share one. */
  networks: string[];
  /** Those of its networks that lead nowhere else: not out of the machine either. */
  internal?: string[];
  /**
   * Who comes to networks of its own. They are connected as they run: were these networks part of their definitions, an app
   * that comes or goes would make nginx's container anew, and everybody's connections end.
   */
  networkAttachments?: NetworkAttachment[];
  /** The rest of its Compose definition. https://docs.docker.com/reference/compose-file/services/ */
  compose: Record<string, unknown>;
  /** Files anybody may read. A change makes this service's container anew, and no other. */
  files?: MountedFiles<SecretFolder>;
  /** More of such files, each folder at a place of its own. */
  folders?: MountedFolder[];
  /** A change makes this service's container anew, and no other. */
  secretFiles?: SecretFiles;
  /** Secret variables of its environment. They travel as a secret file, which Compose reads and the container never sees. */
  secretEnvironment?: (secrets: Secrets) => Record<string, string>;
  /**
   * Command run in the container that has the service read its files again, and ends when it goes by them, so that no change
   * of them makes its container anew: what is mounted is the folder around them, with a link `current` to the files and
   * each version of the secrets by its name.
   */
  reload?: string[];
  /** Command that reads the files as the service would, and fails on a fault in them; run before a release is switched to. */
  check?: string[];
  /**
   * How to know that it is ready, where its image need not have a program to ask with: a command that succeeds in another
   * service's container. Absent: its own health check.
   */
  readinessProbe?: { service: string; succeeds: string[] };
  /**
   * Commands run in the container at each release, once it is ready and before the site is asked. They may be run again at any
   * time; what they print is shown; one that fails is a failed release, unless people control the service.
   */
  prepare?: string[][];
  /**
   * The same once the release has succeeded: what cannot be taken back, should it have to go back to the one before. What
   * they print is shown, a failure too, and the release stays.
   */
  postRelease?: string[][];
  /**
   * People can change the programs in its container as it runs. So nothing that runs there makes a release go back: `prepare`
   * never does, and its health only where the release has recreated its container because of a change.
   */
  userControlled?: boolean;
  /**
   * Processes and threads that it may have for each of the machine's cores, where that is more than `pids_limit` of its
   * definition: only the host knows its cores.
   */
  processesPerCore?: number;
  /**
   * Those of its files that say who may come in, as maps of nginx's; see peopleMap in nginx/nginx.ts. A release that goes back
   * keeps out whomever they leave out. With `reload` and `check` only.
   */
  lists?: string[];
  /** It may use the memory that the machine has left: the host limits it to that. */
  takesMemoryLeft?: boolean;
  /**
   * Command run in the container after each release, with the site's allow list on its standard input, an entry a line. It ends
   * what people have started who are not on the list. What it prints is shown; a failure never fails the release.
   */
  dismiss?: string[];
  /** Command run in the container when all is up: fails unless the site answers as a whole. */
  smokeTest?: string[];
  data?: DataFolder[];
  /** The service is run to get this certificate or renew it, whichever is due, and ends. */
  certificate?: OwnCertificate;
  /** Units of the host's systemd, by file name; its timers are started. */
  units?: TextFiles;
  virtualHost?: VirtualHost;
}
