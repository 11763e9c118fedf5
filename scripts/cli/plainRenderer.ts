import {
  type ListrRenderer,
  ListrTaskEventType,
  type ListrTaskObject,
  ListrTaskState,
  type RendererPresetTimer,
} from "listr2";

type Task = ListrTaskObject<unknown, typeof PlainRenderer, typeof PlainRenderer>;

/**
 * listr2's output when nothing can be redrawn (CI, a log file, a terminal of unknown width): each step's start, its
 * messages, and its end with the time.
 */
export class PlainRenderer implements ListrRenderer {
  static nonTTY = true;
  static rendererOptions: RendererPresetTimer;
  static rendererTaskOptions: RendererPresetTimer;
  private readonly tasks: Task[];

  constructor(tasks: Task[]) {
    this.tasks = tasks;
  }

  render(): void {
    for (const task of this.tasks) {
      task.on(ListrTaskEventType.STATE, (state) => {
        if (state === ListrTaskState.STARTED) write(`> ${task.title}`);
        if (state === ListrTaskState.COMPLETED) write(`  ${task.title} (${seconds(task.message.duration ?? 0)})`);
        if (state === ListrTaskState.FAILED) write(`  failed: ${task.title}`);
      });
      task.on(ListrTaskEventType.OUTPUT, (line) => write(`    ${line}`));
    }
  }

  end(): void {}
}

/** A readable duration from milliseconds: "0.4 s", "12 s", "3 min 20 s". */
export function seconds(milliseconds: number): string {
  const whole = Math.round(milliseconds / 1000);
  if (whole < 10) return `${(milliseconds / 1000).toFixed(1)} s`;
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

// Standard output is for the command's result: `npm run pulumi -- stack output --json`.
function write(line: string): void {
  process.stderr.write(`${line}\n`);
}
