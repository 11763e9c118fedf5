/** The edge's state, written by the package `cloudflare` of the fake providers and read here. */

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** How the edge talks to origins: the zone setting `ssl`. */
export type SslMode = "off" | "flexible" | "full" | "strict" | "origin_pull";

export interface EdgeState {
  /** The loopback address that the edge listens on and connects to origins from. */
  readonly address: string;
  readonly zones: readonly EdgeZone[];
  readonly records: readonly EdgeRecord[];
  /** The client certificates to present to origins, by host name: authenticated origin pulls. */
  readonly clientCertificates: Readonly<Record<string, ShownCertificate>>;
  /** The authorities that mode `strict` trusts besides the public ones, as PEM. */
  readonly trusted: readonly string[];
}

export interface EdgeZone {
  /** The domain, such as `example.test`. */
  readonly name: string;
  readonly ssl: SslMode;
  /** Whether plain HTTP is redirected to HTTPS. */
  readonly alwaysUseHttps: boolean;
  /** The largest request body, in bytes. */
  readonly maxBodyBytes: number;
  /** Whether WebSockets pass. */
  readonly webSockets: boolean;
  /** Whether addresses in pages are replaced. */
  readonly emailObfuscation: boolean;
  /** Whether pages' scripts run later (Rocket Loader). */
  readonly rocketLoader: boolean;
  /** The zone's Cache Rules. */
  readonly cacheRules: readonly CacheRule[];
  /** For the domain and the names one level below it. */
  readonly certificate: KeyPair;
}

/** A Cache Rule, as far as the edge supports it. */
export interface CacheRule {
  /** The names it applies to; absent: all of the zone's. */
  readonly hosts?: readonly string[];
  /** Whether answers are eligible for the cache, whatever the path's extension; absent: by the extension. */
  readonly cache?: boolean;
  /** How many seconds they are cached, whatever they say themselves. */
  readonly edgeTtl?: number;
}

/** A DNS record. */
export interface EdgeRecord {
  /** In lower case, complete: `jupyter.example.test`. */
  readonly name: string;
  readonly type: "A" | "AAAA" | "CNAME";
  /** An address, or a name for a CNAME. */
  readonly content: string;
  readonly proxied: boolean;
}

/** A certificate and its private key, as PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** A certificate that is presented to an origin. */
export interface ShownCertificate extends KeyPair {
  /** From when on, in milliseconds since 1970: Cloudflare has to distribute it first. Default: at once. */
  readonly from?: number;
}

/** The file in the state's folder. It is replaced, never written in place. */
export const stateFileName = "edge.json";

/** Follows the state: each read returns what was written last. */
export class StateFile {
  readonly #path: string;
  #version = "";
  #state: EdgeState | undefined;

  constructor(folder: string) {
    this.#path = join(folder, stateFileName);
  }

  /** Throws if there has never been a state. */
  get current(): EdgeState {
    const stats = statSync(this.#path, { bigint: true, throwIfNoEntry: this.#state === undefined });
    const version = `${stats?.ino} ${stats?.mtimeNs}`;
    if (stats !== undefined && version !== this.#version) {
      this.#state = JSON.parse(readFileSync(this.#path, "utf8")) as EdgeState;
      this.#version = version;
    }
    if (this.#state === undefined) throw new Error(`There is no state in ${this.#path}.`);
    return this.#state;
  }
}
