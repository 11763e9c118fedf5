import { exactText, format, text, withFix, yesOrNo } from "./issues.ts";

/** MariaDB, for notebooks and apps; false: it does not run. */
export type Database = { tag: string } | false;

/** Whether MariaDB runs. */
export const database = yesOrNo("pulumi config set database true");

const TAG_EXAMPLE = "pulumi config set databaseTag 11.8";

/** Tag of docker.io/library/mariadb: a long-term series, `11.8`, or a version of it. */
export const databaseTag = text("a tag", TAG_EXAMPLE)
  .trim()
  .refine((tag) => /^\d+\.\d+(\.\d+)?(-[a-z]+)?$/.test(tag), {
    error: (issue) =>
      withFix(
        `${format(issue.input)} is not a version of MariaDB, such as 11.8; a moving tag would upgrade the database without a release.`,
        TAG_EXAMPLE,
      ),
  });

/** Any text; changing it replaces all database passwords. */
export const databaseRotation = exactText("any text", "pulumi config set databaseRotation 2026-11").transform(
  (text) => text || undefined,
);
