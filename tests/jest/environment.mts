import { writeSync } from "node:fs";
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";
import { TestEnvironment } from "jest-environment-node";
import { Interruption } from "./interruption.mts";
import { compareAcrossRealms, shareErrors } from "./realms.mts";

type Args = ConstructorParameters<typeof TestEnvironment>;

/** The parts of jest-circus' events that are used here. */
interface TestEvent {
  name: string;
  test?: { mode?: string; fn?: () => unknown };
  hook?: { type: string; fn: () => unknown };
}

/**
 * Code of a thread that kills this process when the time is up, even while the main thread is busy. It is plain JavaScript,
 * because Node does not strip types from a thread's source text.
 */
const watchdog = `
  const { workerData: { file, timeout } } = require("node:worker_threads");
  setTimeout(() => {
    require("node:fs").writeSync(2, file + " did not end within " + timeout / 1000 + " s: its process is killed.\\n");
    process.kill(process.pid, "SIGKILL");
  }, timeout);
`;

// Handles errors that are thrown after the last test. Otherwise, jest would end this process with 1, and run the file up to
// three more times.
process.prependListener("uncaughtException", (error) => {
  writeSync(2, `Thrown after the last test: ${inspect(error)}\n`);
  process.kill(process.pid, "SIGKILL");
});

/**
 * Node's environment for one test file, in its own process (see fileRunner.mts).
 *
 * The option `fileTimeout` is the time limit of a file, in milliseconds. jest itself limits only tests and hooks, not the
 * loading of a file or an endless loop.
 */
export default class FileEnvironment extends TestEnvironment {
  private readonly workerData: { file: string; timeout: number };
  private readonly interruption = new Interruption();
  private thread: Worker | undefined;

  constructor(config: Args[0], context: Args[1]) {
    super(config, context);
    this.workerData = {
      file: context.testPath,
      timeout: Number(config.projectConfig.testEnvironmentOptions.fileTimeout),
    };
  }

  override async setup(): Promise<void> {
    await super.setup();
    // jest enables colours in its workers by this variable. Programs that a test starts must not inherit it.
    delete process.env.FORCE_COLOR;
    // The real `process`: changes of variables, signal handlers and warnings in jest's copy have no effect on Node itself and
    // on programs that the test starts.
    this.global.process = process;
    shareErrors(this.global);
    compareAcrossRealms();
    const { workerData } = this;
    this.thread = new Worker(watchdog, { eval: true, workerData });
  }

  /** After an interruption, no further test runs, but the hooks that release what the tests made do. */
  handleTestEvent({ name, test, hook }: TestEvent): void {
    // jest has just made both realms read source maps for each stack trace, and Pulumi's SDK takes one for each promise. Stripped
    // types leave no need for source maps: lines and columns stay.
    if (name === "setup")
      for (const realm of [globalThis, this.global]) Reflect.deleteProperty(realm.Error, "prepareStackTrace");
    if (test && name === "test_start" && this.interruption.hasHappened) test.mode = "skip";
    if (test?.fn && name === "test_fn_start") test.fn = this.interruption.ends(test.fn);
    if (hook?.type.startsWith("before") && name === "hook_start") hook.fn = this.interruption.ends(hook.fn);
  }

  override async teardown(): Promise<void> {
    await this.thread?.terminate();
    await super.teardown();
    // jest's next message to this process says that it has the results. Connections and timers that a test left open would keep
    // the process running.
    process.once("message", () => process.exit());
  }
}
