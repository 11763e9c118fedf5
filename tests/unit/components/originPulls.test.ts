import assert from "node:assert/strict";
import { describe, it } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { type Association, awaitClientCertificate } from "../../../components/cloudflare/awaitClientCertificate.ts";
import { OriginPulls } from "../../../components/cloudflare/originPulls.ts";
import { resourceRefusal } from "../../../components/resourceRefusal.ts";
import { MARKER, openTexts, runUnderMocks, secretOf } from "../../support/mocks.ts";

const active: Association = { status: "active", certStatus: "active" };
const deploying: Association = { status: "active", certStatus: "pending_deployment" };

describe("awaitClientCertificate()", () => {
  /** Waits while Cloudflare gives these answers for each name, one per poll; the last answer is repeated. */
  async function waited(answers: Record<string, (Association | Error)[]>) {
    const looks: string[] = [];
    const said: string[] = [];
    let pauses = 0;
    const look = async (name: string) => {
      looks.push(name);
      const [first = active, ...rest] = answers[name] ?? [];
      if (rest.length > 0) answers[name] = rest;
      if (first instanceof Error) throw first;
      return first;
    };
    const pause = async () => {
      pauses += 1;
    };
    const error = await awaitClientCertificate(Object.keys(answers), look, (text) => said.push(text), pause).catch(
      (each) => each,
    );
    return { looks, said, pauses, error };
  }

  it("returns at once and silently if Cloudflare presents the certificate for every name", async () => {
    const { looks, said, pauses } = await waited({ lab: [active], jupyter: [{ ...active, certStatus: "" }] });
    assert.deepEqual([looks, said, pauses], [["lab", "jupyter"], [], 0]);
  });

  it("reports missing names once, and polls them until all are active", async () => {
    const { looks, said, error } = await waited({
      lab: [active],
      jupyter: [deploying, new Error("500 Internal error"), active],
      app: [{ ...active, status: "initializing" }, active],
    });
    assert.equal(error, undefined);
    assert.deepEqual(looks, ["lab", "jupyter", "app", "jupyter", "app", "jupyter"]);
    assert.equal(said.length, 1);
    assert.match(String(said[0]), /up to 10 minutes.* Missing: jupyter, app$/);
  });

  it("fails after 10 minutes with Cloudflare's status and the missing names", async () => {
    const { error, pauses } = await waited({ lab: [active], jupyter: [deploying], app: [new Error("not found")] });
    assert.match(
      error.message,
      /after 10 minutes \(pending_deployment\)\. Missing: jupyter, app\. The site was not released/,
    );
    assert.match(error.message, /\n {4}pulumi up\n$/);
    assert.equal(pauses, 199);
  });
});

describe("The client certificate of Cloudflare", () => {
  const names = ["lab.example.com", "jupyter.lab.example.com"];
  const never = { "cloudflare:index/getAuthenticatedOriginPulls:getAuthenticatedOriginPulls": { ...deploying } };
  const make = (preview: boolean, answers = {}) =>
    runUnderMocks(
      {},
      async () => {
        new OriginPulls("pulls", { zoneId: "z", names, authorityName: "lab clients", apiToken: `${MARKER}-token` });
      },
      {},
      { preview, answers },
    );

  it("is deleted after its associations, and after a command that waits for Cloudflare", async () => {
    const { resources } = await make(false);
    const urnOf = (name: string) => resources.find((each) => each.name === name)?.urn ?? name;
    const dependenciesOf = (name: string) => resources.find((each) => each.name === name)?.dependencies ?? [];
    assert.ok(dependenciesOf("pulls-in-use").includes(urnOf("pulls-certificate")));
    for (const name of names) assert.ok(dependenciesOf(`pulls-${name}`).includes(urnOf("pulls-in-use")), name);
  });

  it("is waited for with an API token that is secret in every input", async () => {
    const { resources } = await make(false);
    const {
      delete: command,
      create,
      environment,
    } = resources.find(({ name }) => name === "pulls-in-use")?.inputs ?? {};
    assert.deepEqual([command, create], ["sh", undefined]);
    const { CLOUDFLARE_API_TOKEN: token, ...others } = environment as Record<string, unknown>;
    assert.equal(secretOf(token), `${MARKER}-token`);
    assert.deepEqual(others, { ZONE: "z", CERTIFICATE: "pulls-certificate-id", NAMES: names.join(" ") });
    for (const { inputs } of resources) for (const text of openTexts(inputs)) assert.ok(!text.includes(MARKER));
  });

  it("causes an error at the component, without a stack trace, if it is missing", async () => {
    let pulls: pulumi.Resource | undefined;
    await runUnderMocks({}, async () => {
      pulls = new OriginPulls("pulls", { zoneId: "z", names, authorityName: "lab clients" });
    });
    assert.ok(pulls);
    const error = resourceRefusal("It does not come.", pulls);
    assert.ok(pulumi.ResourceError.isInstance(error));
    assert.deepEqual([error.message, error.resource, error.stack], ["It does not come.", pulls, undefined]);
  });

  it("is not waited for in a preview", async () => {
    const { resources } = await make(true, never);
    assert.ok(resources.some(({ name }) => name === "pulls-jupyter.lab.example.com"));
  });
});
