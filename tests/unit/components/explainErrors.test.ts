import assert from "node:assert/strict";
import { afterEach, describe, expect, it, jest } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { explain, layOut } from "../../../components/explain/explain.ts";
import { explainErrors, explainer } from "../../../components/explain/explainErrors.ts";
import { runUnderMocks } from "../../support/mocks.ts";

const quota = "googleapi: Error 403: Quota 'NETWORKS' exceeded.  Limit: 5.0 globally., quotaExceeded";
const urn = "urn:pulumi:dev::jupyter-up::jupyter-up:index:GcpVm$gcp:compute/network:Network::host-network";

describe("The error hook", () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** The hook's answer and its log for these errors of a resource. */
  async function called(...errors: string[]): Promise<{ retry: boolean; logged: [text: unknown, urn: unknown][] }> {
    const log = jest.spyOn(pulumi.log, "error").mockResolvedValue();
    const retry = await explainer("gcp")({
      ...{ urn, id: "", name: "host-network", type: "gcp:compute/network:Network" },
      ...{ failedOperation: "create", errors },
    });
    const logged = log.mock.calls.map(
      async ([text, resource]): Promise<[unknown, unknown]> => [
        text,
        await (resource?.urn as unknown as { promise(): Promise<string> } | undefined)?.promise(),
      ],
    );
    return { retry, logged: await Promise.all(logged) };
  }

  it("logs the explanation at the resource, and never requests a retry", async () => {
    const explanation = layOut(explain(quota, urn, "gcp") ?? "");
    assert.match(explanation, /\n {2}pulumi up$/);
    assert.deepEqual(await called(quota), { retry: false, logged: [[explanation, urn]] });
  });

  it("explains the newest of several errors, for the settings' target", async () => {
    const refused = "after 10 failed attempts: dial tcp 203.0.113.7:22: connect: connection refused";
    const { logged } = await called(refused, quota);
    expect(logged).toEqual([[expect.stringMatching(/serial console/), urn]]);
  });

  it("logs nothing for unknown errors and for the output of commands", async () => {
    for (const error of ["no", `exit status 3: running "x":\napp: ${quota}`, ""])
      assert.deepEqual(await called(error), { retry: false, logged: [] });
  });

  it("is registered only if the engine and the language host support it", async () => {
    for (const errorHooks of [true, false]) {
      let known: boolean | undefined;
      const program = async () => {
        known = await explainErrors("local");
      };
      await runUnderMocks({}, program, {}, { errorHooks });
      assert.equal(known, errorHooks);
    }
  });
});
