import type { GoTool } from "./goTool.ts";

/** Servers for buckets, for tests of backups. */

/** Amazon's interface: the last commit, of 2026-02-12. MinIO's releases have no versions that Go accepts. */
export const minio: GoTool = {
  name: "MinIO",
  module: "github.com/minio/minio",
  version: "v0.0.0-20260212201848-7aac2a2c5b7c",
  package: "github.com/minio/minio",
};

/** A fake of Google's interface, of November 2026. It has no accounts and no permissions. */
export const fakeGcsServer: GoTool = {
  name: "fake-gcs-server",
  module: "github.com/fsouza/fake-gcs-server",
  version: "v1.56.1",
  package: "github.com/fsouza/fake-gcs-server",
};
