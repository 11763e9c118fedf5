/** The host's folders, ports and users, as far as the site needs them. */
export interface HostLayout {
  /** Absolute folder of the site's generated files, which each release may replace. */
  root: string;
  /** Absolute folder of the data that outlives every release: home directory, databases. */
  data: string;
  /** Absolute folder of the notebooks. */
  notebooks: string;
  /** Absolute folder of this stack's backups if the settings name no other destination. Absent: the settings must name one. */
  backup?: string;
  /** Bucket at Google that exists only for this stack's backups. Absent: there is none. */
  bucket?: string;
  /** Address on which the ports are published: 127.0.0.1, or 0.0.0.0 for all interfaces. */
  address: string;
  httpsPort: number;
  httpPort: number;
  /**
   * User that all containers run as, if the releasing user is not root and so cannot give files to each image's own
   * user.
   */
  uid?: number;
  /** Machine type, if it can change: other memory requires a release. */
  machine?: string;
  /** Whether browsers are told to use only HTTPS for two years (HSTS). */
  public: boolean;
  /** Whether systemd timers of the host run periodic jobs. Otherwise, services of the site run them. */
  systemd: boolean;
}
