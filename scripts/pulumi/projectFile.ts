import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { projectFolder } from "../cli/folders.ts";

/** The content of Pulumi.yaml: the project's name, which the user may change, and the settings with their defaults. */
export interface ProjectFile {
  name: string;
  config?: Record<string, { default?: unknown }>;
}

export const projectFile = parse(readFileSync(join(projectFolder, "Pulumi.yaml"), "utf8")) as ProjectFile;

/** The full name of a setting: `jupyter-up:imageTag`. */
export const settingName = (key: string): string => `${projectFile.name}:${key}`;
