import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { describe, it } from "@jest/globals";
import { parse } from "yaml";
import { pulumiVersion } from "../../../scripts/pulumi/pulumiCli.ts";
import { exists, readText } from "./markdown.ts";

interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<
    string,
    {
      if?: string;
      permissions?: Record<string, string>;
      "timeout-minutes"?: number;
      steps: { uses?: string; run?: string; with?: Record<string, unknown>; env?: Record<string, string> }[];
    }
  >;
}

const { scripts } = JSON.parse(readText("package.json")) as { scripts: Record<string, string> };
const read = (path: string) => parse(readText(path)) as Workflow;
const paths = globSync(".github/workflows/*.yml");

describe("Each workflow", () => {
  for (const path of paths) {
    const { permissions, jobs } = read(path);
    const steps = Object.values(jobs).flatMap((job) => job.steps);

    it(`${path} gives no permission to all jobs, and each job a time limit`, () => {
      assert.deepEqual(permissions, {});
      for (const job of Object.values(jobs)) assert.ok(Number(job["timeout-minutes"]) <= 30);
    });

    it(`${path} pins each action to a commit, and names its version`, () => {
      const lines = readText(path).match(/uses: .*/g) ?? [];
      assert.equal(lines.length, steps.filter(({ uses }) => uses).length);
      for (const line of lines) assert.match(line, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    });

    it(`${path} runs only npm scripts that exist, and reads files that exist`, () => {
      for (const { run = "", with: inputs = {} } of steps) {
        for (const [, name = ""] of run.matchAll(/npm run ([\w:-]+)/g)) assert.ok(scripts[name], name);
        const file = inputs["node-version-file"];
        if (file !== undefined) assert.ok(exists(String(file)), String(file));
      }
    });

    it(`${path} puts no text of a pull request or a secret into a shell command`, () => {
      for (const { run = "" } of steps) assert.doesNotMatch(run, /\$\{\{/);
    });
  }
});

describe("The preview of a pull request", () => {
  const { on, jobs } = read(".github/workflows/preview.yml");
  const { preview } = jobs;
  const pulumi = preview?.steps.find(({ uses }) => uses?.startsWith("pulumi/actions@"));

  it("may read the code and write the comment, and nothing else", () => {
    assert.deepEqual(Object.keys(on), ["pull_request"]);
    assert.deepEqual(preview?.permissions, { contents: "read", "pull-requests": "write" });
  });

  it("does not run for forks, which get no secrets, or without a stack", () => {
    assert.match(String(preview?.if), /vars\.PULUMI_STACK != ''/);
    assert.match(String(preview?.if), /head\.repo\.full_name == github\.repository/);
  });

  it("shows the line diff as a comment, with the policy pack and this project's version of Pulumi", () => {
    const { command, diff, policyPacks, "comment-on-pr": comment, "pulumi-version": version } = pulumi?.with ?? {};
    assert.deepEqual([command, diff, comment, version], ["preview", true, true, pulumiVersion]);
    assert.ok(exists(`${policyPacks}/PulumiPolicy.yaml`));
  });
});
