// Generated from Pulumi.yaml by `npm run docs`: do not edit.
// biome-ignore-all lint/suspicious/noExplicitAny: Pulumi's schemas know no type for an object whose members are checked later.
import type * as pulumi from "@pulumi/pulumi";

/** Arguments of JupyterSite: the settings, with the same defaults. Those that may contain secrets can be outputs of resources. */
export interface JupyterSiteArgs {
  /** Where the site runs: local (this machine), gcp (a VM that this program creates) or ssh (a machine that you have). */
  target: string;
  /** Base of the site's host names: jupyter.<domain>, vouch.<domain>, <app>.<domain>. Browsers resolve names below .localhost to this machine: for target local, and with dns none for a site that only npm run open reaches. */
  domain?: string;
  /** First label of the front page's host name: home for home.<domain>. Empty: the domain itself. */
  home?: string;
  /** Who gets access: addresses (ann@example.com) and whole domains (@example.com); with GitHub, user names. A removed user loses access at the next request. */
  allow?: string[];
  /** Identity provider. provider: dex (built in; users: a list of { email, name, passwordHash }), okta (domain), google, github or oidc (authUrl, tokenUrl, userInfoUrl); all but dex need clientId and clientSecret, see docs/configuration.md#sign-in. gate: the program that signs people in, vouch (default) or oauth2-proxy. */
  signIn?: pulumi.Input<{ [key: string]: any }>;
  /** How long a session lasts: idle, without use, and max, after the sign-in; 5m to 365d. */
  session?: { [key: string]: any };
  /** Any text. A change signs everybody out. */
  sessionRotation?: string;
  /** Keys for programs, such as VS Code: a list of { name, for, until } and, optionally, may (read or run; read) and at (jupyter or an app; jupyter), see docs/keys.md. */
  keys?: { [key: string]: any }[];
  /** Who uses which Jupyter: shared (all people the same one, with the same files) or own (a server for each person, with their own home, kernels and database user), see docs/people.md. */
  people?: string;
  /** Servers with people own. on: here, on the site's machine, or kubernetes, in a cluster. memory: the most of one server here, 256m or more. idle: time without work after which a server ends, 10m to 365d; an open tab is no work. most: servers at the same time, 1 to 12 here. With kubernetes: sizes, a list of name, cpu and memory, and if needed gpus, nodes (labels) and price; home, GiB of each person's home, 10 by default. */
  servers?: { [key: string]: any };
  /** Kubernetes cluster with servers.on kubernetes. kubeconfig (secret): of somebody who may create a namespace. address: IPv4 address from which the site's machine reaches pods. storageClass: of the homes; the cluster's default by default. */
  cluster?: pulumi.Input<{ [key: string]: any }>;
  /** Jupyter's image: a name of the Docker Stacks at quay.io/jupyter, or the full repository of an image built from one, without a tag. */
  image?: string;
  /** The image's tag: a date (YYYY-MM-DD) at quay.io/jupyter. A change restarts Jupyter and nothing else. */
  imageTag?: string;
  /** Registry through which all images are pulled: mirror.example.com for mirror.example.com/quay.io/jupyter/scipy-notebook. Empty: from their own registries. */
  imageMirror?: string;
  /** Python packages for notebooks besides those of the image, as pip requirements: polars, scikit-learn>=1.5. */
  packages?: string[];
  /** Whether MariaDB runs, for notebooks (DATABASE_URL) and apps. */
  database?: boolean;
  /** MariaDB's version: a long-term series of docker.io/library/mariadb, or one version of it (11.8.7). Another series is an upgrade, which cannot be undone. */
  databaseTag?: string;
  /** Any text. A change replaces all passwords of the database. */
  databaseRotation?: string;
  /** Container images behind the same sign-in: a list of { name, image, port } and options, see docs/configuration.md#apps. */
  apps?: pulumi.Input<{ [key: string]: any }[]>;
  /** Names of removed apps whose data (volumes, database) is to be deleted. The database is deleted only while MariaDB runs. */
  purge?: string[];
  /** Earlier states of the work, read-only. every: minutes between two states (15; 0: no history). keep: for how many days every state (all: 1), one an hour (hourly: 7), one a day (daily: 30) and one a month (monthly: 365) is kept. maxPercent: the largest share of the disk (20). */
  history?: { [key: string]: any };
  /** Encrypted copies of the work elsewhere. to: a folder on another disk of the machine, sftp:, s3: or gs: (each with its own keys), bucket (one that the stack creates, target gcp), or none; without it, ~/jupyter-up-backup (target local). keep: for how many days one copy an hour (hourly: 2), one a day (daily: 30) and one a month (monthly: 365) is kept. key: your own key (secret); otherwise the stack generates one. restore: for a new stack, the site (from) and the time (at) that it restores before it opens, see docs/configuration.md#backup. */
  backup?: pulumi.Input<{ [key: string]: any }>;
  /** Time zone of kernels, the database, apps, nginx's log and the hour of reboots, by its IANA name: Europe/Berlin. UTC: what each image has. A change recreates their containers. */
  timezone?: string;
  /** When the machine reboots if updates need that, nobody works and nothing runs: a time of day in the time zone above (04:00), or off. The site is checked afterwards. Empty: 04:00 (target gcp), off (targets ssh and local). */
  reboots?: string;
  /** Folder of the notebooks on this machine (target local): relative to this checkout, absolute, or below ~. */
  notebooks?: string;
  /** HTTPS port on the loopback address (target local, and a site that npm run open reaches). */
  port?: number;
  /** HTTP port on the loopback address, which only redirects to HTTPS (the same). */
  httpPort?: number;
  /** ID of the Google Cloud project in which the VM is created (target gcp). */
  project?: string;
  /** Compute Engine zone (target gcp). The regions us-west1, us-central1 and us-east1 have the free VM. */
  zone?: string;
  /** Machine type (target gcp) of a family that supports pd-standard disks: e2, n1, n2, n2d, t2d, c2, c2d, m1, m2 or a2. e2-micro has 1 GB of memory and is free in three regions. */
  machineType?: string;
  /** Boot disk in GB, 10 or more (target gcp). It grows in place, with its file system, and cannot shrink. */
  bootDiskGb?: number;
  /** Disk for notebooks, databases and Docker's images in GB, 10 or more (target gcp). It grows in place and cannot shrink. 0, from the first pulumi up on: everything is on the boot disk. */
  dataDiskGb?: number;
  /** Whether Pulumi refuses to delete or replace the disk with your work (target gcp). */
  protectData?: boolean;
  /** Whether Google takes a snapshot of the data disk every day and keeps it for 14 days, which costs money: true or false (target gcp). Empty: only a stack that has snapshots already keeps them. */
  dailySnapshots?: string;
  /** Whether npm run boost can give the VM a bigger machine type for some hours, after which it goes back by itself (target gcp), see docs/scaling.md. */
  boost?: boolean;
  /** IPv4 ranges from which SSH is allowed, including your own address: 203.0.113.7/32 (target gcp). */
  sshFrom?: string[];
  /** The machine that you have (target ssh): host, user (root), port (22), privateKey (secret), hostKey, address, see docs/getting-started-ssh.md. */
  ssh?: pulumi.Input<{ [key: string]: any }>;
  /** Who creates the A records: cloudflare, or none if you do (targets gcp and ssh). */
  dns?: string;
  /** Cloudflare's zone. Empty: the longest zone that the token can see and that contains the domain. */
  dnsZone?: string;
  /** Whether Cloudflare's proxy stands in front of the machine: it hides the machine's address and limits request bodies to 100 MB. */
  proxied?: boolean;
  /** Source of the certificate: cloudflare-origin, letsencrypt, provided or private-ca. Empty: depends on the other settings, see docs/configuration.md#certificates. */
  tls?: string;
  /** Certificate chain in PEM, leaf first (tls provided). */
  tlsCertificate?: pulumi.Input<string>;
  /** Private key of the certificate in PEM (tls provided). Set it with --secret. */
  tlsKey?: pulumi.Input<string>;
  /** E-mail address of the ACME account (tls letsencrypt). */
  acmeEmail?: string;
  /** URL of another ACME directory (tls letsencrypt). Empty: Let's Encrypt's. */
  acmeServer?: string;
}
