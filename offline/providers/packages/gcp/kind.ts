/** What all resources of Google Cloud share: location, checks, refusals and records. */

import { openCloud } from "../../../cloud/folder.ts";
import {
  type CloudRecord,
  createRecord,
  deleteRecord,
  listRecords,
  readRecord,
  writeRecord,
} from "../../../cloud/records.ts";
import { diffInputs } from "../../diff.ts";
import {
  type Change,
  type Operation,
  type Properties,
  type ResourceType,
  type State,
  UNKNOWN,
} from "../../resource.ts";
import { alreadyExists, inUse, notFound, ProviderError } from "./apiErrors.ts";
import { requireCredentials } from "./credentials.ts";
import { injectedFault, operationEnds } from "./faults.ts";
import type { CommonInputs, Kind, Site } from "./kindTypes.ts";
import { defaultLabelChanges, labelNames } from "./labels.ts";
import { madeUpName, refuseName, snakeCase } from "./resourceNames.ts";
import { isPlace, type Place, pathOfPlace, placeOf, recordedPlace } from "./scope.ts";

export type { CommonInputs, Kind, Site } from "./kindTypes.ts";
export { labelOutputs } from "./labels.ts";
export { fingerprint, newNumber, timestamp } from "./newValues.ts";
export { checkName, snakeCase } from "./resourceNames.ts";

/** Creates a resource type for the engine from the definition of a kind. */
export function resourceType<Inputs extends CommonInputs, Outputs extends Properties>(
  kind: Kind<Inputs, Outputs>,
): ResourceType<Inputs, Outputs> {
  const pathOf = (place: Place, name: string) =>
    kind.pathOf?.(place, name) ?? `${pathOfPlace(place, kind.scope)}/${kind.collection}/${name}`;

  function siteOf(inputs: Inputs, name: string, operation: Operation, known?: Place): Site<Inputs> {
    const place = known ?? placeOf(kind.scope, inputs, operation);
    return { cloud: openCloud(), path: pathOf(place, name), name, place, inputs, operation };
  }

  /** An existing resource keeps its location, whatever the provider's configuration says now. */
  function siteOfState({ outputs }: State<Inputs, Outputs>, inputs: Inputs, operation: Operation): Site<Inputs> {
    const name = kind.nameOf?.(outputs) ?? String(outputs.name);
    return siteOf(inputs, name, operation, recordedPlace(kind.scope, outputs));
  }

  async function refuseInjected(deed: "create" | "update" | "delete", { cloud, path }: Site<Inputs>): Promise<void> {
    const service = kind.service ?? {
      name: "compute.googleapis.com",
      title: "Compute Engine API",
      permission: "compute",
    };
    const refusal = await injectedFault(cloud, {
      type: kind.type,
      operation: deed,
      path,
      noun: kind.noun,
      permission: `${service.permission}.${kind.collection}`,
      service: service.name,
      serviceTitle: service.title,
      quota: kind.quota,
    });
    if (refusal !== undefined) throw refusal;
  }

  /** Turns every refusal of the API into the provider's message. */
  async function saying<T>(participle: string, deed: () => Promise<T>): Promise<T> {
    try {
      return await deed();
    } catch (error) {
      if (error instanceof ProviderError) throw error;
      throw new ProviderError(`Error ${participle} ${kind.title}: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** The resources that this one uses; throws if one of them does not exist. */
  async function usesOf({ cloud, place, inputs }: Site<Inputs>): Promise<readonly string[]> {
    const uses = (await kind.uses?.(inputs, place, cloud)) ?? [];
    for (const path of uses) if ((await readRecord(cloud, path)) === undefined) throw new Error(notFound(path));
    return uses;
  }

  const recordOf = ({ path }: Site<Inputs>, uses: readonly string[], properties: Properties): CloudRecord => ({
    path,
    type: kind.type,
    uses,
    properties,
  });

  const commonOutputs = ({ name, place }: Site<Inputs>) => ({
    ...(kind.nameOf === undefined ? { name } : {}),
    ...place,
  });

  return {
    outputs: kind.outputs.filter((output) => !inputsAsWell.has(output)),
    replaceOnChanges: [],

    normalize: (inputs) => ({ ...kind.defaults, ...inputs }),

    check(inputs, operation) {
      requireCredentials(operation.config);
      const missing = (kind.required ?? []).filter((property) => inputs[property] === undefined);
      if (missing.length === 0) placeOf(kind.scope, inputs, operation);
      return [
        ...missing.map((property) => ({
          property,
          reason: `Missing required argument. The argument "${snakeCase(property)}" is required, but no definition was found`,
        })),
        ...(missing.length === 0 ? (kind.check?.(inputs) ?? []) : []),
      ];
    },

    diff(state, inputs, operation) {
      const place = placeOf(kind.scope, inputs, operation);
      const changes: Change[] = diffInputs(state.inputs, inputs, [])
        .changes.filter((change) => !kind.isSame?.(change, state, inputs))
        .filter(({ path }) => !isPlace(path))
        .map((change) => ({
          ...change,
          replace: replacesAlways(change.path) || kind.replaces(change.path, state, inputs),
        }));
      const before = recordedPlace(kind.scope, state.outputs);
      for (const part of ["project", "region", "zone"] as const) {
        if (place[part] === before[part]) continue;
        const inputDiff = state.inputs[part] !== inputs[part];
        changes.push({ path: part, kind: "update", replace: true, inputDiff });
      }
      changes.push(...defaultLabelChanges(state, inputs, operation));
      // Two objects cannot have the same name at the same time; a generated name differs each time.
      const sameName = inputs.name !== undefined && inputs.name === state.inputs.name;
      return { changes, deleteBeforeReplace: sameName && changes.some(({ replace }) => replace) };
    },

    preview(inputs, state, operation) {
      const place = placeOf(kind.scope, inputs, operation);
      const name = kind.nameOf === undefined ? { name: inputs.name ?? state?.outputs.name ?? UNKNOWN } : {};
      const unknown =
        state === undefined
          ? kind.outputs
          : [
              ...(kind.unknownAfter?.(state, inputs) ?? []),
              ...(defaultLabelChanges(state, inputs, operation).length > 0 ? labelNames : []),
            ];
      const outputs = kind.outputs.map((output) => {
        const known = unknown.includes(output) ? UNKNOWN : state?.outputs[output];
        return [output, given((inputs as Properties)[output]) ?? known];
      });
      return { ...Object.fromEntries(outputs), ...name, ...place };
    },

    create: (inputs, operation) =>
      saying("creating", async () => {
        const name = kind.nameOf?.(inputs) ?? inputs.name ?? madeUpName(operation.name);
        const site = siteOf(inputs, name, operation);
        await refuseInjected("create", site);
        refuseName(name, site.place, kind.nameForm);
        const uses = await usesOf(site);
        if (!(await createRecord(site.cloud, recordOf(site, uses, { ...inputs, ...commonOutputs(site) })))) {
          throw new Error(kind.existing?.(site) ?? alreadyExists(site.path));
        }
        try {
          const outputs = { ...(await kind.create(site)), ...commonOutputs(site) };
          await writeRecord(site.cloud, recordOf(site, uses, { ...inputs, ...outputs }));
          await kind.afterwards?.(site);
          await operationEnds(site.cloud);
          return { id: site.path, outputs };
        } catch (error) {
          await deleteRecord(site.cloud, site.path);
          throw error;
        }
      }),

    update: (inputs, state, operation) =>
      saying("updating", async () => {
        const site = siteOfState(state, inputs, operation);
        await refuseInjected("update", site);
        if ((await readRecord(site.cloud, site.path)) === undefined) throw new Error(notFound(site.path));
        const uses = await usesOf(site);
        const updated = (await kind.update?.(site, state)) ?? state.outputs;
        const outputs = { ...outputsOf(kind, updated), ...commonOutputs(site) };
        await writeRecord(site.cloud, recordOf(site, uses, { ...inputs, ...outputs }));
        await kind.afterwards?.(site);
        return outputs;
      }),

    delete: (state, operation) =>
      saying("deleting", async () => {
        const site = siteOfState(state, state.inputs, operation);
        if (state.inputs.deletionPolicy === "ABANDON") return;
        if (state.inputs.deletionPolicy === "PREVENT") {
          throw new ProviderError(
            `cannot destroy ${kind.title} without setting deletion_policy to "DELETE" or "ABANDON" and running an apply`,
          );
        }
        await refuseInjected("delete", site);
        const users = (await listRecords(site.cloud)).filter(({ uses }) => uses.includes(site.path));
        if (users[0] !== undefined) throw new Error(inUse(kind.noun, site.path, users[0].path));
        await kind.delete?.(site, state);
        await deleteRecord(site.cloud, site.path);
        await kind.afterwards?.(site);
      }),

    parseImportId(importId) {
      const imported = kind.importedName?.(importId);
      if (imported !== undefined) return { id: importId, inputs: { name: imported } as Partial<Inputs> };
      const [, project, region, zone, collection, name] =
        /^projects\/([^/]+)\/(?:global|regions\/([^/]+)|zones\/([^/]+))\/([^/]+)\/([^/]+)$/.exec(importId) ?? [];
      if (collection !== kind.collection || kind.nameOf !== undefined) {
        throw new Error(`Import id "${importId}" doesn't match any of the accepted formats`);
      }
      const place = { ...(region === undefined ? {} : { region }), ...(zone === undefined ? {} : { zone }) };
      return { id: importId, inputs: { name, project, ...place } as Partial<Inputs> };
    },

    async read(state, operation) {
      requireCredentials(operation.config);
      const site = siteOfState(state, state.inputs, operation);
      const record = await readRecord<Inputs & Outputs>(site.cloud, site.path);
      if (record === undefined) return undefined;
      const found = kind.read === undefined ? {} : await kind.read(site, state);
      if (found !== undefined) return { ...record.properties, ...found };
      await deleteRecord(site.cloud, site.path);
      return undefined;
    },
  };
}

/** Picks only the kind's outputs from values that may include inputs. */
function outputsOf<Inputs extends CommonInputs, Outputs extends Properties>(
  { outputs }: Pick<Kind<Inputs, Outputs>, "outputs">,
  properties: Outputs,
): Outputs {
  return Object.fromEntries(outputs.map((name) => [name, properties[name]])) as Outputs;
}

/** Outputs that a program usually sets: an import returns them among its inputs. */
const inputsAsWell = new Set<string>(["network", "networkInterfaces", "networkTier", "size"]);

/** An output that is a plain input will have the given value. */
const given = (input: unknown) => (typeof input === "object" ? undefined : input);

const replacesAlways = (path: string) => path === "name";
