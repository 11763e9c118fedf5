import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, it } from "@jest/globals";
import { deadAgent } from "../../../components/preflight/sshAgent.ts";

describe("An ssh agent", () => {
  const folder = mkdtempSync(join(tmpdir(), "agent-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("that cannot be reached is an issue, with the command that unsets SSH_AUTH_SOCK", async () => {
    assert.match(
      String(await deadAgent(join(folder, "gone"))),
      /^SSH_AUTH_SOCK names an ssh agent that does not answer \(.*gone\).*\n {4}unset SSH_AUTH_SOCK$/,
    );
  });

  it("that answers, or is not set, is not an issue", async () => {
    const path = join(folder, "agent");
    const agent = createServer().listen(path);
    assert.equal(await deadAgent(path), undefined);
    await new Promise((resolve) => agent.close(resolve));
    assert.equal(await deadAgent(""), undefined);
  });
});
