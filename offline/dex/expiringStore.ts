import { randomBytes } from "node:crypto";

/** Interval at which expired entries are dropped. */
const sweepEveryMs = 5 * 60_000;

/** Values kept in memory under an unguessable name, for a limited time. */
export class ExpiringStore<T> {
  readonly #entries = new Map<string, { value: T; until: number }>();
  readonly #lifetimeMs: number;

  constructor(lifetimeMs: number) {
    this.#lifetimeMs = lifetimeMs;
    setInterval(() => this.#sweep(), sweepEveryMs).unref();
  }

  /** Stores a value and returns its name. */
  add(value: T): string {
    const id = randomBytes(16).toString("hex");
    this.#entries.set(id, { value, until: Date.now() + this.#lifetimeMs });
    return id;
  }

  get(id: string): T | undefined {
    const entry = this.#entries.get(id);
    return entry && entry.until > Date.now() ? entry.value : undefined;
  }

  /** Removes and returns a value, even one that expired since the last sweep. */
  kept(id: string): T | undefined {
    return this.#entries.get(id)?.value;
  }

  delete(id: string): void {
    this.#entries.delete(id);
  }

  #sweep(): void {
    for (const [id, { until }] of this.#entries) if (until <= Date.now()) this.#entries.delete(id);
  }
}
