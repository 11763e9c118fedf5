/**
 * Connections to origins that stay open after an answer and are reused. Checked against Cloudflare's connection limits,
 * November 2026: https://developers.cloudflare.com/fundamentals/reference/connection-limits
 */

import type { Socket } from "node:net";
import { OriginError, type Timeouts } from "./origin.ts";
import { errors } from "./pages.ts";

interface Idle {
  readonly socket: Socket;
  /** Ends the wait for the next request. */
  readonly timer: NodeJS.Timeout;
  isClosed: boolean;
}

export class Connections {
  readonly #timeouts: Timeouts;
  readonly #idle = new Map<string, Set<Idle>>();

  constructor(timeouts: Timeouts) {
    this.#timeouts = timeouts;
  }

  /**
   * An idle connection, if there is one.
   * @throws an {@link OriginError} if the origin closed it so recently that the edge does not know yet: the request is
   *   already on its way, and no answer comes.
   */
  take(key: string): Socket | undefined {
    for (const idle of this.#idle.get(key) ?? []) {
      this.#forget(key, idle);
      if (idle.isClosed)
        throw new OriginError(errors.badAnswer, "The origin closed the connection as it was used again.");
      return idle.socket;
    }
    return undefined;
  }

  /** Keeps a connection for the next request. */
  keep(key: string, socket: Socket): void {
    if (socket.destroyed) return;
    const timer = setTimeout(() => {
      this.#forget(key, idle);
      socket.destroy();
    }, this.#timeouts.kept);
    const idle: Idle = { socket, timer: timer.unref(), isClosed: false };
    const onClose = () => {
      if (!this.#idle.get(key)?.has(idle)) return;
      idle.isClosed = true;
      setTimeout(() => this.#forget(key, idle), this.#timeouts.notice).unref();
    };
    socket
      .on("error", () => socket.destroy())
      .once("end", onClose)
      .once("close", onClose);
    const others = this.#idle.get(key) ?? new Set();
    this.#idle.set(key, others.add(idle));
  }

  closeAll(): void {
    for (const { socket, timer } of [...this.#idle.values()].flatMap((each) => [...each])) {
      clearTimeout(timer);
      socket.destroy();
    }
    this.#idle.clear();
  }

  #forget(key: string, idle: Idle): void {
    clearTimeout(idle.timer);
    this.#idle.get(key)?.delete(idle);
  }
}
