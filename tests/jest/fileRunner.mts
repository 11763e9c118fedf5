import jestRunner from "jest-runner";
import { onInterrupt } from "../../scripts/cli/interruption.ts";

// The types of this package describe its CommonJS form.
const TestRunner = jestRunner as unknown as typeof jestRunner.default;
type Args = ConstructorParameters<typeof TestRunner>;
type RunArgs = Parameters<InstanceType<typeof TestRunner>["runTests"]>;

/** `runnerOptions` of a project. */
interface Options {
  /** Number of files that run at the same time. Default: the number of jest's workers. */
  atOnce?: number;
  /** Time limit of a test and of a hook, in milliseconds. jest itself applies only the limit of the whole run. */
  testTimeout?: number;
}

/**
 * Runs each test file in its own process. So the changes of a file (working directory, umask, variables) do not affect others,
 * and a killed process fails only one file.
 */
export default class FileRunner extends TestRunner {
  private readonly atOnce: number;

  constructor(globalConfig: Args[0], context: Args[1], options: Options = {}) {
    const { atOnce = globalConfig.maxWorkers, testTimeout } = options;
    super({ ...globalConfig, maxWorkers: 1, ...(testTimeout && { testTimeout }) }, context);
    this.atOnce = atOnce;
  }

  override async runTests(tests: RunArgs[0], watcher: RunArgs[1], options: RunArgs[2]): Promise<void> {
    if (this._globalConfig.runInBand) return super.runTests(tests, watcher, options);
    const waiting = [...tests];
    const runWaiting = async () => {
      for (let test = waiting.shift(); test && !watcher.isInterrupted(); test = waiting.shift())
        await super.runTests([test], watcher, { ...options, serial: false });
    };
    const end = onInterrupt(() => void watcher.setState({ interrupted: true }));
    try {
      await Promise.all(Array.from({ length: this.atOnce }, runWaiting));
    } finally {
      end();
    }
  }
}
