import jestRunner from "jest-runner";
import { onInterrupt } from "../../scripts/cli/interruption.ts";

// Its types are those of its CommonJS form.
const TestRunner = jestRunner as unknown as typeof jestRunner.default;
type Args = ConstructorParameters<typeof TestRunner>;
type RunArgs = Parameters<InstanceType<typeof TestRunner>["runTests"]>;

/** `runnerOptions` of a project. */
interface Options {
  /**
   * The projects whose files run one after another, beside the files of other projects with the same options: jest gives all of
   * them to one runner.
   */
  oneByOne?: string[];
  /** The limit of a test and of a hook, in milliseconds: jest applies that of the whole run only. */
  testTimeout?: number;
}

/**
 * Runs each test file in a process of its own: what a file changes (folder, umask, variables) or leaves behind ends with it,
 * and a process that is killed fails one file. As many files run at the same time as jest has workers, and one more of those
 * that run one by one, because these mostly wait.
 */
export default class FileRunner extends TestRunner {
  private readonly workers: number;
  private readonly oneByOne: string[];

  constructor(globalConfig: Args[0], context: Args[1], { oneByOne = [], testTimeout }: Options = {}) {
    super({ ...globalConfig, maxWorkers: 1, ...(testTimeout && { testTimeout }) }, context);
    this.workers = globalConfig.maxWorkers;
    this.oneByOne = oneByOne;
  }

  override async runTests(tests: RunArgs[0], watcher: RunArgs[1], options: RunArgs[2]): Promise<void> {
    if (this._globalConfig.runInBand) return super.runTests(tests, watcher, options);
    const inTurn = (test: RunArgs[0][number]) => this.oneByOne.includes(test.context.config.displayName?.name ?? "");
    const runAll = async (waiting: RunArgs[0]) => {
      for (let test = waiting.shift(); test && !watcher.isInterrupted(); test = waiting.shift())
        await super.runTests([test], watcher, { ...options, serial: false });
    };
    const end = onInterrupt(() => void watcher.setState({ interrupted: true }));
    const others = tests.filter((test) => !inTurn(test));
    try {
      await Promise.all([runAll(tests.filter(inTurn)), ...Array.from({ length: this.workers }, () => runAll(others))]);
    } finally {
      end();
    }
  }
}
