import { z } from "zod";
import { isReserved } from "../catalog.ts";
import { LABEL } from "../domain.ts";
import {
  alwaysOnLists,
  format,
  kindOf,
  REMOVE_THIS,
  refuseRepeatedNames,
  removeFirst,
  repeated,
  withFix,
} from "../issues.ts";
import { app, type CheckedApp } from "./app.ts";

const APP_EXAMPLE = "pulumi config set --path 'apps[0].name' whoami";

/** Apps: any image behind the same sign-in. */
export const apps = z
  .array(app, {
    error: ({ input }) => withFix(`expected a list of apps, found ${kindOf(input)}.`, removeFirst(input, APP_EXAMPLE)),
  })
  .superRefine((apps, context) => {
    refuseRepeatedNames(apps, context, "app", (name) => `${name}-2`);
    for (const [index, given] of apps.entries()) {
      if (typeof given !== "object" || given === null) continue;
      for (const part of ["schema", "shared"] as const)
        if (given[part] && given.database === false)
          context.addIssue({
            code: "custom",
            path: [index, part],
            message: withFix(
              "the app has no database for this.",
              `pulumi config set --path 'apps[${index}].database' true`,
            ),
          });
      for (const { path, wrong } of givenTwice(given))
        context.addIssue({ code: "custom", path: [index, ...path], message: withFix(wrong, REMOVE_THIS) });
    }
  }, alwaysOnLists);

/** Duplicates that Docker refuses, or of which it silently uses one. Any part may have the wrong type. */
function givenTwice({
  volumes,
  files,
  environment,
  secrets,
}: CheckedApp): { path: (string | number)[]; wrong: string }[] {
  const list = Array.isArray(volumes) ? volumes : [];
  const names = (record: unknown) => (typeof record === "object" && record !== null ? Object.keys(record) : []);
  return [
    ...repeated(list).map((index) => ({
      path: ["volumes", index],
      wrong: `${format(list[index])} is in the list twice.`,
    })),
    ...names(files)
      .filter((at) => list.includes(at))
      .map((at) => ({
        path: ["files", at],
        wrong: `${format(at)} is also one of the volumes; only one of the two can be mounted there.`,
      })),
    ...names(environment)
      .filter((name) => names(secrets).includes(name))
      .map((name) => ({ path: ["environment", name], wrong: `${format(name)} is also one of the secrets.` })),
  ];
}

/** Names of former apps whose data is to be deleted. */
export const purge = z.array(
  z
    .string({ error: (issue) => withFix(`expected the name of an app, found ${format(issue.input)}.`, REMOVE_THIS) })
    .refine((name) => LABEL.test(name) && !isReserved(name), {
      error: (issue) => withFix(`${format(issue.input)} cannot be the name of a former app.`, REMOVE_THIS),
    }),
  {
    error: ({ input }) => withFix(`expected a list of apps' names, found ${format(input)}.`, "pulumi config rm purge"),
  },
);
