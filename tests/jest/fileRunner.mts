import { resolve, sep } from "node:path";
import jestRunner from "jest-runner";
import { onInterrupt } from "../../scripts/cli/interruption.ts";

// The types of this package describe its CommonJS form.
const TestRunner = jestRunner as unknown as typeof jestRunner.default;
type Args = ConstructorParameters<typeof TestRunner>;
type RunArgs = Parameters<InstanceType<typeof TestRunner>["runTests"]>;
type Test = RunArgs[0][number];

/** `runnerOptions` of a project. Projects with the same options share one runner, so their files run at the same time. */
interface Options {
  /** Number of files that run at the same time. Default: the number of jest's workers. */
  atOnce?: number;
  /** A folder, relative to the project's root, whose files run one after another beside the others. */
  oneByOne?: string;
  /** Time limit of a test and of a hook, in milliseconds. jest itself applies only the limit of the whole run. */
  testTimeout?: number;
}

/**
 * Runs each test file in its own process. So the changes of a file (working directory, umask, variables) do not affect others,
 * and a killed process fails only one file.
 */
export default class FileRunner extends TestRunner {
  private readonly atOnce: number;
  private readonly oneByOne: string | undefined;

  constructor(globalConfig: Args[0], context: Args[1], options: Options = {}) {
    const { atOnce = globalConfig.maxWorkers, oneByOne, testTimeout } = options;
    super({ ...globalConfig, maxWorkers: 1, ...(testTimeout && { testTimeout }) }, context);
    this.atOnce = atOnce;
    this.oneByOne = oneByOne;
  }

  override async runTests(tests: RunArgs[0], watcher: RunArgs[1], options: RunArgs[2]): Promise<void> {
    if (this._globalConfig.runInBand) return super.runTests(tests, watcher, options);
    const runAll = async (waiting: Test[]) => {
      for (let test = waiting.shift(); test && !watcher.isInterrupted(); test = waiting.shift())
        await super.runTests([test], watcher, { ...options, serial: false });
    };
    const takesTurns = (test: Test) => this.takesTurns(test);
    const turns = tests.filter(takesTurns);
    const others = tests.filter((test) => !takesTurns(test));
    // The first lane takes other files, too, when its own are done.
    const lanes = [async () => runAll(turns).then(() => runAll(others))];
    while (lanes.length < this.atOnce) lanes.push(() => runAll(others));
    const end = onInterrupt(() => void watcher.setState({ interrupted: true }));
    try {
      await Promise.all(lanes.map((lane) => lane()));
    } finally {
      end();
    }
  }

  private takesTurns({ path, context }: Test): boolean {
    return this.oneByOne !== undefined && path.startsWith(resolve(context.config.rootDir, this.oneByOne) + sep);
  }
}
