import { Listr, PRESET_TIMER, type PresetTimer } from "listr2";
import { PlainRenderer, seconds } from "./plainRenderer.ts";

/** Shows one line below the running step. */
export type Say = (line: string) => void;

const timer: PresetTimer = {
  // Its `format` as well: listr2 calls it without looking whether it is there.
  ...PRESET_TIMER,
  condition: (duration) => duration > 500,
  field: (duration) => seconds(duration),
};

/** A narrower terminal has no room for the lines that listr2 draws again and again. One of unknown width says 0. */
const NARROWEST = 20;

/** Whether steps can be drawn on standard output, or only written to it line by line. */
function canDraw({ isTTY, columns }: NodeJS.WriteStream): boolean {
  return isTTY && columns >= NARROWEST && process.env.TERM !== "dumb";
}

/**
 * Does one step of a longer job before the user's eyes, with the time it took.
 *
 * @param title what is being done, shown from the beginning
 * @param work the step itself; it may show what it is at, and lines that are to be read when it has succeeded, too
 * @param done the title once it is done; the same by default
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
      // Ctrl-C is the business of interruption.ts.
      registerSignalListeners: false,
      rendererOptions: { timer, showErrorMessage: false, collapseErrors: false },
      fallbackRenderer: PlainRenderer,
      fallbackRendererCondition: () => !canDraw(process.stdout),
    },
  );
  await steps.run();
  // Where steps are drawn, each line takes the place of the one before it.
  if (canDraw(process.stdout)) for (const line of kept) process.stderr.write(`  ${line}\n`);
  return outcome.result as Result;
}
