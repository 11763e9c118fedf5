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
 * @param work the step itself; it may show what it is at
 * @param done the title once it is done; the same by default
 */
export async function step<Result>(
  title: string,
  work: (say: Say) => Promise<Result>,
  done: (result: Result) => string = () => title,
): Promise<Result> {
  const outcome: { result?: Result } = {};
  await new Listr(
    [
      {
        title,
        task: async (_context, task) => {
          const result = await work((line) => {
            task.output = line;
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
  ).run();
  return outcome.result as Result;
}
