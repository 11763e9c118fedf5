import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, it } from "@jest/globals";
import { run } from "../support/command.ts";
import { imageMirror, pullImages } from "../support/images.ts";
import { stackConfig } from "../support/projectFile.ts";

const demo = fileURLToPath(new URL("../../files/php-demo", import.meta.url));
const [app] = stackConfig("local")["jupyter-up:apps"] as { image: string }[];
const image = [imageMirror, app?.image].filter(Boolean).join("/");

describe("The PHP demo's image", () => {
  beforeAll(() => pullImages([image]));
  const php = (...args: string[]) =>
    run("docker", [
      "run",
      "--rm",
      "--network",
      "none",
      "--volume",
      `${demo}:/demo:ro`,
      "--entrypoint",
      "php",
      image,
      ...args,
    ]);

  for (const file of globSync("**/*.php", { cwd: demo }))
    it(`can parse ${file}`, async () => {
      const { code, output } = await php("-d", "error_reporting=-1", "-l", `/demo/${file}`);
      assert.deepEqual(
        { code, output: output.trim() },
        { code: 0, output: `No syntax errors detected in /demo/${file}` },
      );
    });

  it("has the driver for MariaDB", async () => {
    assert.match((await php("-m")).output, /^pdo_mysql$/m);
  });
});
