/** What the site has to know of the machine it will run on. */
export interface HostLayout {
  /** Absolute folder of the site's own files; they come and go with releases. */
  root: string;
  /** Absolute folder of what outlives every release: home directory, databases. */
  data: string;
  /** Absolute folder of the notebooks. */
  notebooks: string;
  /** Address the ports are published on: 127.0.0.1, or 0.0.0.0 for the whole world. */
  address: string;
  httpsPort: number;
  httpPort: number;
  /** User all containers run as, where files cannot be given to each image's own: the releasing user is not root. */
  uid?: number;
  /** Its type, where it can be given another one: with other memory, a release is due. */
  machine?: string;
  /** Whether browsers shall insist on HTTPS for two years (HSTS). */
  public: boolean;
}
