import type { Secrets } from "./secrets.ts";

/** Text files by their path below a folder. */
export type TextFiles = Record<string, string>;

/** A container image the site runs. */
export interface Image {
  /** Full reference, registry included, as `docker pull` takes it. */
  reference: string;
  /** Its unpacked size in MiB, rounded up; a pull is refused if the disk has less free space. */
  sizeMiB: number;
  /** The setting that names it, if the user can choose the image: `apps[0].image`. */
  setting?: string;
  /**
   * For a moving tag, which each release looks up again: the command that pins it. `{version}` and `{digest}` are
   * replaced by the image's. Absent: the image is pulled once.
   */
  pin?: string;
}

/** A folder of files on the host, mounted read-only into the container. */
export interface MountedFiles<Source> {
  /** Folder in the container. */
  at: string;
  /** Returns the files, from the location of the service's secret files or from the secrets themselves. */
  content: (source: Source) => TextFiles;
  /** Additional mounts of single files: their path in the container, and the file. */
  elsewhere?: Record<string, string>;
}

/** Files of mode 0600. */
export interface SecretFiles extends MountedFiles<Secrets> {
  /**
   * Mounts the folder that contains every version of them, with a link `current` to the running release's, so that a
   * change does not recreate the container. A service that reloads has the same folder without the link.
   */
  mountParent?: boolean;
}

/** What a service's files may contain of its secrets. */
export interface ServiceFiles {
  /** Where the service finds its secret files, in its container. */
  secretFolder: string;
  /** SHA-256 of each program's key, hexadecimal, by name. It reveals nothing about a random key. */
  keyHashes: Record<string, string>;
  /** The whole Compose definition of a service that is started on demand, by its name. */
  definitionOf: (name: string) => Record<string, unknown>;
}

/** A folder on the host that outlives containers, releases and the site itself. */
export interface DataFolder {
  /** Absolute path on the host. */
  source: string;
  /** Folder in the container. */
  target: string;
  /**
   * Folders to create in it, by their paths below it: the image's user creates them in a container that sees nothing
   * else of the host.
   */
  inner?: string[];
  /** Its history: the folder of its states below that of the history, and paths below it that are left out. */
  history?: { at: string; without?: string[] };
}

/** A folder on the host that belongs to something else. */
export interface ForeignFolder {
  /** Absolute path on the host. */
  source: string;
  /** Folder in the container. */
  target: string;
  /** Whether the container can change it. */
  writable?: boolean;
}

/** A folder of public files, mounted read-only. */
export interface MountedFolder {
  /** Folder in the container. */
  at: string;
  files: TextFiles;
}

/** A host name of the site, and the nginx server that answers for it. */
export interface VirtualHost {
  /** First label: `jupyter` for jupyter.lab.example.com; empty for the domain itself. */
  label: string;
  /** Whether it requires sign-in, so that Vouch may redirect back to it. */
  protected: boolean;
  /** Title on its tile on the front page; absent: no tile. */
  title?: string;
  /**
   * Users who may enter here, out of those allowed on the site: lower-case addresses and `@domains`; absent: all of
   * them.
   */
  allow?: string[];
  /** Whether other sites' pages may do more than link to it: send forms, run requests, embed frames. */
  crossSite?: boolean;
  /** The service and its port, `jupyter:8888`, if requests are passed on to one. */
  backend?: string;
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

/** One service of the site: its Compose definition, its files on the host, and its host name. */
export interface Service {
  /** Name in Compose, and host name on the networks. */
  name: string;
  /** One sentence for readers of compose.yaml. */
  about: string;
  image: Image;
  /**
   * User and group of the image's process: the owner of its secret files and data folders. `imposed` overrides an image
   * that would start as root. Absent for an unknown image: the host reads it from the image.
   */
  user?: { uid: number; gid: number; imposed?: boolean };
  /** Its networks. Services reach each other only on a shared one. */
  networks: string[];
  /** More names of the service, by network. */
  aliases?: Record<string, string[]>;
  /** Those of its networks that are internal: without a route out of the machine. */
  internal?: string[];
  /** Another service starts its containers; compose.yaml has none. */
  onDemand?: boolean;
  /** Folders in memory that it shares with other services, by name: for sockets. */
  inMemory?: { name: string; target: string }[];
  /** The rest of its Compose definition. https://docs.docker.com/reference/compose-file/services/ */
  compose: Record<string, unknown>;
  /** Public files. A change recreates this service's container, and no other. */
  files?: MountedFiles<ServiceFiles>;
  /** More public files, each folder mounted separately. */
  folders?: MountedFolder[];
  /** A change recreates this service's container, and no other. */
  secretFiles?: SecretFiles;
  /** Secret environment variables. They are sent as a secret file, which Compose reads and the container never sees. */
  secretEnvironment?: (secrets: Secrets) => Record<string, string>;
  /**
   * Command run in the container that makes the service read its files again, and ends when they are in effect. So a
   * change does not recreate the container: the mount is the folder that contains them, with a link `current` to the
   * files, and each version of the secrets under its name.
   */
  reload?: string[];
  /**
   * Command that reads the files as the service would, and fails if they are invalid; run before a release is
   * activated.
   */
  check?: string[];
  /**
   * Readiness probe for an image that may contain no suitable program: a command that succeeds in another service's
   * container. Absent: its own health check.
   */
  readinessProbe?: { service: string; succeeds: string[] };
  /**
   * Commands run in the container at each release, once it is ready and before the smoke test. They must be repeatable.
   * Their output is shown. A failure fails the release, unless users control the service.
   */
  prepare?: string[][];
  /**
   * The same, once the release has succeeded: for steps that a rollback could not undo. Their output is shown,
   * including failures, and the release stays.
   */
  postRelease?: string[][];
  /**
   * Users can change the programs in its running container. So nothing that runs there causes a rollback: `prepare`
   * never does, and its health only if the release itself recreated the container because of a change.
   */
  userControlled?: boolean;
  /**
   * Processes and threads allowed for each of the machine's cores, if that is more than `pids_limit` of its definition:
   * only the host knows its cores.
   */
  processesPerCore?: number;
  /**
   * Those of its files that are allow lists, in the form of nginx maps; see peopleMap in nginx/nginx.ts. After a
   * rollback, users removed by the failed release stay locked out. Only with `reload` and `check`.
   */
  lists?: string[];
  /** Whether it may use the memory that the machine has left: the host sets its limit to that. */
  takesMemoryLeft?: boolean;
  /** The part of the machine's memory that it may use (32: one of 32), if that is more than its `mem_limit`. The host sets its limit. */
  memoryShare?: { leastMiB: number; part: number };
  /**
   * Command run in the container after each release, with the site's allow list on its standard input, one entry per
   * line. It ends processes of users who are not on the list. Its output is shown; a failure never fails the release.
   */
  dismiss?: string[];
  /**
   * Command run in the container that ends all sessions of a person and prints their number. The percent-encoded name is added
   * to its last word.
   */
  signOut?: string[];
  /** Command run in the container that prints who works there, as JSON: kernels, terminals, memory. */
  activity?: string[];
  /** Smoke test: a command run in the container when everything is up, which fails unless the whole site answers. */
  smokeTest?: string[];
  data?: DataFolder[];
  /** Folders that others create and own, mounted read-only unless they say otherwise. */
  foreign?: ForeignFolder[];
  /** Command run in the container that dumps each changed database into one of its data folders. */
  dump?: string[];
  /** Command run in the container that makes a database what it was in a dump, whose path below /dumps is added. */
  load?: string[];
  /** Command run in the container that tries a restore of the newest dumps, if one is due. */
  drill?: string[];
  /** The service is run to get or renew this certificate, and then ends. */
  certificate?: OwnCertificate;
  /** Units for the host's systemd, by file name; its timers are started. */
  units?: TextFiles;
  virtualHost?: VirtualHost;
}
