import { writeSync } from "node:fs";
import { inspect } from "node:util";
import { Worker } from "node:worker_threads";
import { TestEnvironment } from "jest-environment-node";
import { compareAcrossRealms, shareErrors } from "./realms.mts";

type Args = ConstructorParameters<typeof TestEnvironment>;

/** Kills this process when the time is up, even while its main thread is busy. Plain JavaScript: a thread from a text has no types. */
const watchdog = `
  const { workerData: { file, timeout } } = require("node:worker_threads");
  setTimeout(() => {
    require("node:fs").writeSync(2, file + " did not end within " + timeout / 1000 + " s: its process is killed.\\n");
    process.kill(process.pid, "SIGKILL");
  }, timeout);
`;

// What is thrown after the last test. jest would end this process with 1, and then run the file again, three times.
process.prependListener("uncaughtException", (error) => {
  writeSync(2, `Thrown after the last test: ${inspect(error)}\n`);
  process.kill(process.pid, "SIGKILL");
});

/**
 * Node's environment for one test file, in a process of its own (see fileRunner.mts).
 *
 * Option `fileTimeout`: a file that takes longer, in milliseconds, fails. jest itself limits tests and hooks only, not the
 * loading of a file or a loop without end.
 */
export default class FileEnvironment extends TestEnvironment {
  private readonly workerData: { file: string; timeout: number };
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
    // jest asks its workers for colours: programs that a test starts shall not hear of it.
    delete process.env.FORCE_COLOR;
    // Not jest's copy, of which a program that the test starts, and Node itself, know nothing: variables, signals, warnings.
    this.global.process = process;
    shareErrors(this.global);
    compareAcrossRealms();
    const { workerData } = this;
    this.thread = new Worker(watchdog, { eval: true, workerData });
  }

  override async teardown(): Promise<void> {
    await this.thread?.terminate();
    await super.teardown();
  }
}
