import { port } from "../port.ts";

/** The machine that `pulumi up` runs on (target local). */
export interface Local {
  kind: "local";
  /** HTTPS port on the loopback address. */
  port: number;
  /** HTTP port on the loopback address; it redirects to HTTPS. */
  httpPort: number;
  /** Folder of the notebooks: absolute, below `~`, or relative to the checkout. */
  notebooks: string;
}

/** HTTPS port on the loopback address. */
export const httpsPort = port("pulumi config set port 8443");
/** HTTP port on the loopback address; it redirects to HTTPS. */
export const httpPort = port("pulumi config set httpPort 8080");
