import { Listr, type PresetTimer } from "listr2";
import { PlainRenderer, seconds } from "./plainRenderer.ts";

/** Shows one line below the running step. */
export type Say = (line: string) => void;

const timer: PresetTimer = {
  condition: (duration) => duration > 500,
  field: (duration) => seconds(duration),
};

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
    },
  ).run();
  return outcome.result as Result;
}
