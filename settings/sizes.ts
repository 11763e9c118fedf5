import { z } from "zod";
import { whole } from "./history.ts";
import {
  alwaysOnLists,
  digitsAsNumber,
  exactText,
  format,
  kindOf,
  REMOVE_THIS,
  refuseRepeatedNames,
  removeFirst,
  setThis,
  withFix,
  withoutProto,
} from "./issues.ts";
import { memory } from "./memory.ts";

/** A size of a person's server in a cluster. */
export interface Size {
  /** What people choose it by: `Small`. */
  name: string;
  /** Processors: 0.5 is half of one. */
  cpu: number;
  memoryMiB: number;
  /** GPUs. Default: 0. */
  gpus: number;
  /** Labels of the nodes that it runs on. Default: any node. */
  nodes: Record<string, string>;
  /** What it costs, for people: `$0.06 an hour`. */
  price: string | undefined;
}

const SIZE_EXAMPLE = "pulumi config set --path 'servers.sizes[0].name' Small";
const [LEAST_CPU, MOST_CPU] = [0.1, 256];
/** A label's name, with or without a prefix, and its value. https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ */
const LABEL_NAME = /^([a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/;

const wrongCpu = {
  error: (issue: { input?: unknown }) =>
    withFix(`${format(issue.input)} is not a number of processors from ${LEAST_CPU} to ${MOST_CPU}.`, setThis("1")),
};
const wrongLabel = {
  error: (issue: { input?: unknown }) =>
    withFix(`${format(issue.input)} is not the value of a label of nodes.`, setThis("gpu")),
};

const labels = z.record(
  z.string().regex(LABEL_NAME, {
    error: (issue) =>
      withFix(`${format(issue.input)} is not the name of a label of nodes.`, "kubectl get nodes --show-labels"),
  }),
  z.string(wrongLabel).regex(LABEL_VALUE, wrongLabel),
  { error: ({ input }) => withFix(`expected labels of nodes, found ${kindOf(input)}.`, REMOVE_THIS) },
);

const size = z
  .strictObject(
    {
      name: exactText("the name of a size", setThis("Small")).refine((name) => name !== "" && name.length <= 40, {
        error: (issue) => withFix(`${format(issue.input)} is not a name of 1 to 40 characters.`, setThis("Small")),
      }),
      cpu: z.preprocess(digitsAsNumber, z.number(wrongCpu).min(LEAST_CPU, wrongCpu).max(MOST_CPU, wrongCpu)),
      memory: memory("4g"),
      gpus: whole("number of GPUs from 0 to 16", 0, 16, 0),
      nodes: z.preprocess(withoutProto, labels).default({}),
      price: exactText("what the size costs", setThis("'$0.06 an hour'")).optional(),
    },
    {
      error: (issue) =>
        issue.code === "invalid_type"
          ? withFix(
              `expected name, cpu and memory, found ${kindOf(issue.input)}.`,
              removeFirst(issue.input, SIZE_EXAMPLE),
            )
          : undefined,
    },
  )
  .transform(({ memory: memoryMiB, price, ...rest }): Size => ({ ...rest, memoryMiB, price }));

/** The sizes among which people choose in a cluster; the first is the default. */
export const sizes = z
  .array(size, {
    error: ({ input }) =>
      withFix(`expected a list of sizes, found ${kindOf(input)}.`, removeFirst(input, SIZE_EXAMPLE)),
  })
  .min(1, { error: withFix("the list is empty.", "pulumi config rm --path servers.sizes") })
  .superRefine((sizes, context) => refuseRepeatedNames(sizes, context, "size", (name) => `'${name} 2'`), alwaysOnLists)
  .prefault([{ name: "Standard", cpu: 1, memory: "4g" }]);
