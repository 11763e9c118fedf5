import grpc from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import { channelOptions, toLogRequest } from "./protocol.ts";
import type { Operation, Properties, Severity } from "./resource.ts";

/**
 * One connection of one engine. Each real plugin is a separate process; a fake serves many CLIs, in parallel and one
 * after another. So everything that belongs to one CLI - its engine, its configuration, its Ctrl-C - is kept here.
 */
export class Session {
  config: Properties = {};
  #engine: engineService.EngineClient | undefined;
  readonly #cancelled = new AbortController();
  #running = 0;

  /** From now on messages go to the engine at this address (`host:port`). */
  attach(address: string): void {
    this.#engine?.close();
    this.#engine = new engineService.EngineClient(address, grpc.credentials.createInsecure(), channelOptions);
  }

  /** Aborts what is running, for good. The engine calls this at Ctrl-C and at the end of every operation. */
  cancel(): void {
    this.#cancelled.abort(new Error("context canceled"));
    this.#closeWhenIdle();
  }

  /**
   * Runs one operation and returns when the engine has all of its messages. `timeout` is in seconds, infinite for none;
   * `abandoned` aborts when the caller has gone.
   */
  async run<T>(
    call: { urn: string; timeout: number; abandoned: AbortSignal },
    deed: (operation: Operation) => T | Promise<T>,
  ): Promise<T> {
    const deadline = new AbortController();
    const expire = () => deadline.abort(new Error("context deadline exceeded"));
    if (call.timeout <= 0) expire();
    const timer = Number.isFinite(call.timeout) ? setTimeout(expire, call.timeout * 1000) : undefined;
    const signal = AbortSignal.any([this.#cancelled.signal, deadline.signal]);
    let delivered = Promise.resolve();
    const send = (severity: Severity, message: string, ephemeral: boolean) => {
      // As in a plugin, messages have the same deadline and the same Ctrl-C as the work itself.
      if (signal.aborted) return;
      delivered = delivered.then(() => this.#log(call.urn, severity, message, ephemeral));
    };
    this.#running++;
    try {
      return await deed({
        urn: call.urn,
        name: call.urn.slice(call.urn.lastIndexOf("::") + 2),
        config: this.config,
        signal,
        abandoned: call.abandoned,
        log: (severity, message) => send(severity, message, false),
        status: (message) => send("info", message, true),
      });
    } finally {
      clearTimeout(timer);
      await delivered;
      this.#running--;
      this.#closeWhenIdle();
    }
  }

  /** A message that cannot be delivered is dropped: its reader has gone, the work has not. */
  #log(urn: string, severity: Severity, message: string, ephemeral: boolean): Promise<void> {
    return new Promise((resolve) => {
      if (this.#engine === undefined) resolve();
      else this.#engine.log(toLogRequest(urn, severity, message, ephemeral), () => resolve());
    });
  }

  #closeWhenIdle(): void {
    if (!this.#cancelled.signal.aborted || this.#running > 0) return;
    this.#engine?.close();
    this.#engine = undefined;
  }
}
