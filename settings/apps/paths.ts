import type { z } from "zod";
import { format, REMOVE_THIS, setThis, text, withFix } from "../issues.ts";

/** An absolute path in the container, other than its root. */
export const containerPath = (fix: string) =>
  text("a path in the container", fix)
    .trim()
    .refine((path) => /^(\/[A-Za-z0-9._@+-]+)+$/.test(path) && !/\/\.\.?(\/|$)/.test(path), {
      error: (issue) => withFix(`${format(issue.input)} is not an absolute path in the container, such as /data.`, fix),
    });

/** A volume's path. It becomes the name of one folder on the host, so it has at most 255 characters. */
export const volume = containerPath(setThis("/data")).refine((path) => path.length <= 255, {
  error: (issue) => withFix(`${format(issue.input)} is longer than 255 characters.`, setThis("/data")),
});

/** A relative path in this checkout. */
export const checkoutPath = (what: string, fix: string) =>
  text(what, fix)
    .trim()
    .refine((path) => /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(path) && !path.split("/").includes(".."), {
      error: (issue) => withFix(`${format(issue.input)} is not a path within this checkout, such as files/demo.`, fix),
      abort: true,
    });

/** A path that must exist, because each release reads its content. */
export function thatCanBeRead(path: z.ZodString, whatIsWrong: (path: string) => string | undefined) {
  return path.superRefine((path, context) => {
    const wrong = whatIsWrong(path);
    if (wrong) context.addIssue({ code: "custom", message: withFix(`${format(path)} ${wrong}.`, REMOVE_THIS) });
  });
}
