import { z } from "zod";
import { alwaysOnLists, format, REMOVE_THIS, removeFirst, repeated, setThis, text, withFix } from "../issues.ts";

/** https://packaging.python.org/en/latest/specifications/name-normalization and .../version-specifiers */
const NAME = "[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?";
const RELEASE = "v?(?:\\d+!)?\\d+(?:\\.\\d+)";
const STAGE =
  "(?:[-_.]?(?:alpha|a|beta|b|preview|pre|c|rc)[-_.]?\\d*)?(?:-\\d+|[-_.]?(?:post|rev|r)[-_.]?\\d*)?(?:[-_.]?dev[-_.]?\\d*)?";
const LOCAL = "(?:\\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?";
const CLAUSE = [
  "===\\s*[a-z0-9.*+!_-]+",
  `(?:==|!=)\\s*${RELEASE}*(?:\\.\\*|${STAGE}${LOCAL})`,
  `~=\\s*${RELEASE}+${STAGE}`,
  `(?:<=|>=|<|>)\\s*${RELEASE}*${STAGE}`,
].join("|");
/** A pip requirement without URLs and options: `polars`, `scikit-learn>=1.5,<2`, `dask[dataframe]==2026.3`. */
const REQUIREMENT = new RegExp(
  `^${NAME}(?:\\[${NAME}(?:,${NAME})*\\])?(?:\\s*(?:${CLAUSE})(?:\\s*,\\s*(?:${CLAUSE}))*)?$`,
  "i",
);

const EXAMPLE = "pulumi config set --path 'packages[0]' polars";

/** Python packages to add to those of the image, as pip requirements. */
export const packages = z
  .array(
    text("a package", setThis("polars"))
      .trim()
      .refine((requirement) => REQUIREMENT.test(requirement), {
        error: (issue) =>
          withFix(
            `${format(issue.input)} is not a pip requirement, such as polars or "scikit-learn>=1.5".`,
            setThis("polars"),
          ),
      }),
    {
      error: ({ input }) =>
        withFix(`expected a list of packages, found ${format(input)}.`, removeFirst(input, EXAMPLE)),
    },
  )
  .superRefine((requirements, context) => {
    for (const index of repeated(requirements))
      context.addIssue({
        code: "custom",
        path: [index],
        message: withFix(`${format(requirements[index])} is on the list twice.`, REMOVE_THIS),
      });
  }, alwaysOnLists);
