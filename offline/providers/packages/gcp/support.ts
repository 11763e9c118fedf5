/** A cloud of its own for a test file, and an engine that works in it. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cloud, openCloud } from "../../../cloud/folder.ts";
import type { Properties } from "../../resource.ts";
import { serveForTests, type TestEngine } from "../../testing.ts";
import gcp from "./index.ts";

export interface TestCloud {
  readonly cloud: Cloud;
  readonly engine: TestEngine;
  /** Another engine, which has configured the provider so. */
  attach(config: Properties): Promise<TestEngine>;
  /** Forgets the folder. What else there is has to have gone before. */
  close(): Promise<void>;
}

const credentials = JSON.stringify({ type: "service_account", client_email: "up@my-project.iam.gserviceaccount.com" });

/** Logged in, with a project and a zone: what a user has configured. Everything is in the environment of this process. */
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
