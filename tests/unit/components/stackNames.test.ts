import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import {
  accountName,
  backupAccountName,
  bucketName,
  cloudName,
  composeProject,
  stackFolder,
} from "../../../components/names.ts";

describe("The name of a stack's resources in the cloud", () => {
  it("is project and stack if the cloud accepts that", () => {
    assert.equal(cloudName("jupyter-up", "dev"), "jupyter-up-dev");
    assert.equal(accountName("jupyter-up", "dev"), "jupyter-up-dev");
    assert.equal(backupAccountName("jupyter-up", "dev"), "backup-jupyter-up-dev");
    assert.equal(bucketName("my-project-123456", "jupyter-up", "dev"), "my-project-123456-jupyter-up-dev-backup");
  });

  const odd = ["Dev", "my_stack", "a.b", "-", "x".repeat(90), "dev-", "Ünicode"];
  for (const stack of odd)
    it(`is one that the cloud accepts: ${stack}`, () => {
      assert.match(cloudName("jupyter-up", stack), /^[a-z]([-a-z0-9]{0,31}[a-z0-9])$/);
      for (const name of [accountName, backupAccountName])
        assert.match(name("jupyter-up", stack), /^[a-z]([-a-z0-9]{4,28}[a-z0-9])$/);
      for (const project of ["example.com:lab-123", "p".repeat(30)])
        assert.match(bucketName(project, "jupyter-up", stack), /^[a-z][-a-z0-9]{1,61}[a-z0-9]$/);
    });

  it("leaves room for the longest suffix", () => {
    assert.ok(`${cloudName("jupyter-up", "x".repeat(90))}-data-northamerica-northeast1-a`.length <= 63);
  });

  it("is unique for each stack", () => {
    const stacks = [...odd, "dev", "my-stack", "a-b", "x".repeat(91), `${"x".repeat(89)}y`];
    const bucket = (project: string, stack: string) => bucketName("my-project-123456", project, stack);
    for (const name of [cloudName, accountName, backupAccountName, bucket])
      assert.equal(new Set(stacks.map((stack) => name("jupyter-up", stack))).size, stacks.length);
  });
});

describe("The Compose project of a stack", () => {
  for (const stack of ["local", "dev", "x_y", "_x", "-", "dev-", "2", "x".repeat(100)])
    it(`is project and stack if Compose accepts that: ${stack}`, () => {
      assert.equal(composeProject("jupyter-up", stack), `jupyter-up-${stack}`);
      assert.equal(stackFolder(stack), stack);
    });

  const refused = ["Prod", "PROD", "v1.2", "V1.2", "v1-2.", "..", ".", "a.b", "X_Y"];
  for (const stack of refused)
    it(`is one that Compose accepts: ${stack}`, () => {
      assert.match(composeProject("jupyter-up", stack), /^jupyter-up-([a-z0-9_-]+-)?[0-9a-f]{6}$/);
      assert.match(stackFolder(stack), /^[a-z0-9_-]+-[0-9a-f]{6}$/);
    });

  it("starts with a character that Compose accepts, for any name of the project", () => {
    for (const project of ["Jupyter.Up", "-x", "_x", ".x"])
      assert.match(composeProject(project, "local"), /^[a-z0-9][a-z0-9_-]*-local-[0-9a-f]{6}$/);
  });

  it("is unique for each stack, like its folder, even if letter case is ignored", () => {
    const stacks = [...refused, "prod", "v1-2", "v12", "a-b", "x_y"];
    for (const name of [(stack: string) => composeProject("jupyter-up", stack), stackFolder])
      assert.equal(new Set(stacks.map((stack) => name(stack).toLowerCase())).size, stacks.length);
  });
});
