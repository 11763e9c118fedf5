import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { checkout } from "../settings/checkout.ts";
import { declaredSettings } from "../settings/declared.ts";
import { type Issue, reportOfArgs } from "../settings/issues.ts";
import { checkSettings } from "../settings/load.ts";
import { plainRefusal } from "../settings/plainRefusal.ts";
import type { Settings } from "../settings/resolve.ts";
import type { JupyterSiteArgs } from "./args.ts";

/** An argument, after the resources that it comes from. */
interface Read {
  value: unknown;
  known: boolean;
  secret: boolean;
}

/**
 * Reads and checks the arguments of a component. Missing ones have the defaults of Pulumi.yaml.
 * @param site the component's name
 * @throws pulumi.RunError with every issue
 */
export async function settingsOfArgs(site: string, args: JupyterSiteArgs): Promise<Settings> {
  const given = Object.entries(args).filter(([, value]) => value !== undefined);
  const read = Object.fromEntries(
    await Promise.all(given.map(async ([key, value]) => [key, await readArgument(value)] as const)),
  );
  const unknown = Object.keys(read).filter((key) => !read[key]?.known);
  if (unknown.length > 0) throw plainRefusal(reportOfArgs(site, unknown.map(notKnown)));
  const values = Object.fromEntries(Object.entries(read).map(([key, { value }]) => [key, value]));
  if (values.target === "local" || values.target === undefined) throw plainRefusal(reportOfArgs(site, [noTarget]));
  const { settings, issues } = checkSettings({ ...defaults(), ...values }, (key) => read[key]?.secret ?? false);
  if (!settings) throw plainRefusal(reportOfArgs(site, issues));
  return settings;
}

async function readArgument(argument: unknown): Promise<Read> {
  const output = pulumi.output(argument);
  // These exist in the SDK, but not in its types.
  const { isKnown, promise } = output as unknown as { isKnown: Promise<boolean>; promise(): Promise<unknown> };
  const [known, secret, value] = await Promise.all([isKnown, pulumi.isSecret(output), promise.call(output)]);
  return { value, known, secret };
}

/** Defaults of the settings, by name. */
function defaults(): Record<string, unknown> {
  const declared = Object.entries(declaredSettings(readFileSync(join(checkout, "Pulumi.yaml"), "utf8")));
  return Object.fromEntries(declared.map(([key, { default: value }]) => [key, value]));
}

const notKnown = (key: string): Issue => ({
  key,
  message:
    "its value is known only after another resource was created. Use a value that a preview knows, such as one of the program's config.",
});

const noTarget: Issue = {
  key: "target",
  message:
    "a component makes a site on a VM of Google Cloud (gcp) or on a machine that you have (ssh). For a site on this machine, use npm start in the checkout of jupyter-up.",
};
