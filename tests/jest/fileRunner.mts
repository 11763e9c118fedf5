import { resolve, sep } from "node:path";
import jestRunner from "jest-runner";
import { onInterrupt } from "../../scripts/cli/interruption.ts";
import { startedProcesses } from "./interruption.mts";

// The types of this package describe its CommonJS form.
const TestRunner = jestRunner as unknown as typeof jestRunner.default;
type Args = ConstructorParameters<typeof TestRunner>;
type RunArgs = Parameters<InstanceType<typeof TestRunner>["runTests"]>;
type Test = RunArgs[0][number];

/** `runnerOptions` of a project. Projects with the same options share one runner, so their files run at the same time. */
interface Options {
  /** Number of files that run at the same time. Default: the number of jest's workers. */
  atOnce?: number;
  /** Folders, relative to the project's root, whose files run one after another beside the others. */
  oneByOne?: string[];
  /** A folder, relative to the project's root, whose files start before the others: the longest ones, so that none of them runs alone at the end. */
  first?: string;
  /** Time limit of a test and of a hook, in milliseconds. jest itself applies only the limit of the whole run. */
  testTimeout?: number;
}

/**
 * Runs each test file in its own process. So the changes of a file (working directory, umask, variables) do not affect others,
 * and a killed process fails only one file. The first Ctrl-C lets each of these processes release what its tests made.
 */
export default class FileRunner extends TestRunner {
  private readonly atOnce: number;
  private readonly oneByOne: string[];
  private readonly first: string | undefined;

  constructor(globalConfig: Args[0], context: Args[1], options: Options = {}) {
    const { atOnce = globalConfig.maxWorkers, oneByOne = [], first, testTimeout } = options;
    super({ ...globalConfig, maxWorkers: 1, ...(testTimeout && { testTimeout }) }, context);
    this.atOnce = atOnce;
    this.oneByOne = oneByOne;
    this.first = first;
  }

  override async runTests(tests: RunArgs[0], watcher: RunArgs[1], options: RunArgs[2]): Promise<void> {
    if (this._globalConfig.runInBand) return super.runTests(tests, watcher, options);
    const processes = startedProcesses();
    let interrupted = false;
    const runAll = async (waiting: Test[]) => {
      for (let test = waiting.shift(); test && !interrupted; test = waiting.shift())
        await super.runTests([test], watcher, { ...options, serial: false });
    };
    const takesTurns = (test: Test) => this.oneByOne.some((folder) => isBelow(folder, test));
    const turns = tests.filter(takesTurns);
    const comesFirst = (test: Test) => Number(isBelow(this.first, test));
    const others = tests.filter((test) => !takesTurns(test)).sort((one, other) => comesFirst(other) - comesFirst(one));
    // The first lane takes other files, too, when its own are done.
    const lanes = [async () => runAll(turns).then(() => runAll(others))];
    while (lanes.length < this.atOnce) lanes.push(() => runAll(others));
    const end = onInterrupt(() => {
      // The second Ctrl-C ends the processes of the test files.
      if (interrupted) void watcher.setState({ interrupted });
      else process.stderr.write("\nInterrupted: removing what the tests made. Press Ctrl-C again to leave it.\n");
      interrupted = true;
      processes.signal("SIGTERM", (words) => words.some((word) => word.includes("jest-worker")));
    });
    try {
      await Promise.all(lanes.map((lane) => lane()));
    } finally {
      end();
      processes.forget();
      if (interrupted) void watcher.setState({ interrupted });
    }
  }
}

/** Whether a test file is in a folder, relative to the root of its project. */
function isBelow(folder: string | undefined, { path, context }: Test): boolean {
  return folder !== undefined && path.startsWith(resolve(context.config.rootDir, folder) + sep);
}
