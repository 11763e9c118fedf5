import { Listr, PRESET_TIMER, type PresetTimer } from "listr2";
import { PlainRenderer, seconds } from "./plainRenderer.ts";

/** Shows one line below the running step. */
export type Say = (line: string) => void;

const timer: PresetTimer = {
  // listr2 calls this without checking whether it exists.
  ...PRESET_TIMER,
  condition: (duration) => duration > 500,
  field: (duration) => seconds(duration),
};

/** A narrower terminal has no room for the lines that listr2 redraws. A terminal of unknown width reports 0. */
const NARROWEST = 20;

/** Whether steps can be redrawn on standard output, or only printed line by line. */
function canDraw({ isTTY, columns }: NodeJS.WriteStream): boolean {
  return isTTY && columns >= NARROWEST && process.env.TERM !== "dumb";
}

/**
 * Runs one step of a longer job and shows it to the user, with its duration.
 *
 * @param title what is being done, shown from the beginning
 * @param work the step itself; it may show progress, and lines that stay visible after success
 * @param done the title after success; the same by default
 */
export async function step<Result>(
  title: string,
  work: (say: Say, keep: Say) => Promise<Result>,
  done: (result: Result) => string = () => title,
): Promise<Result> {
  const outcome: { result?: Result } = {};
  const kept: string[] = [];
  const steps = new Listr(
    [
      {
        title,
        task: async (_context, task) => {
          const say: Say = (line) => {
            task.output = line;
          };
          const result = await work(say, (line) => {
            say(line);
            kept.push(line);
          });
          outcome.result = result;
          task.title = done(result);
        },
      },
    ],
    {
      // interruption.ts handles Ctrl-C.
      registerSignalListeners: false,
      rendererOptions: { timer, showErrorMessage: false, collapseErrors: false },
      fallbackRenderer: PlainRenderer,
      fallbackRendererCondition: () => !canDraw(process.stdout),
    },
  );
  await steps.run();
  // When steps are redrawn, each line replaces the previous one.
  if (canDraw(process.stdout)) for (const line of kept) process.stderr.write(`  ${line}\n`);
  return outcome.result as Result;
}
