/** A separate cloud for a test file, and an engine that works in it. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cloud, openCloud } from "../../cloud/folder.ts";
import gcp from "../packages/gcp/index.ts";
import type { Properties } from "../resource.ts";
import { serveForTests, type TestEngine } from "./engine.ts";

export interface TestCloud {
  readonly cloud: Cloud;
  readonly engine: TestEngine;
  /** Another engine, with the provider configured like this. */
  attach(config: Properties): Promise<TestEngine>;
  /** Deletes the folder. Everything else must have been deleted before. */
  close(): Promise<void>;
}

const credentials = JSON.stringify({ type: "service_account", client_email: "up@my-project.iam.gserviceaccount.com" });

/**
 * Sets credentials, a project and a zone in the environment of this process, as a user would.
 */
export async function openTestCloud(): Promise<TestCloud> {
  const folder = await mkdtemp(join(tmpdir(), "fake-cloud-"));
  Object.assign(process.env, {
    JUPYTER_UP_CLOUD: folder,
    GOOGLE_CREDENTIALS: credentials,
    GOOGLE_PROJECT: "my-project",
    GOOGLE_REGION: "us-central1",
    GOOGLE_ZONE: "us-central1-a",
  });
  const served = await serveForTests(gcp);
  const engine = await served.attach();
  return {
    cloud: openCloud(folder),
    engine,
    attach: (config) => served.attach(config),
    async close() {
      served.close();
      await rm(folder, { recursive: true });
    },
  };
}
