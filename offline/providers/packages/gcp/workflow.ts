import { parse } from "yaml";
import { apiError, ProviderError } from "./apiErrors.ts";
import { type CommonInputs, newNumber, resourceType, timestamp } from "./kind.ts";

export type WorkflowInputs = CommonInputs & {
  sourceContents?: string;
  serviceAccount?: string;
  description?: string;
  deletionProtection?: boolean;
  callLogLevel?: string;
};

export type WorkflowOutputs = { createTime: string; revisionId: string; state: string; updateTime: string };

/** `gcp:workflows/workflow:Workflow`. offline/google runs its program. */
export const workflow = resourceType<WorkflowInputs, WorkflowOutputs>({
  type: "gcp:workflows/workflow:Workflow",
  title: "Workflow",
  noun: "workflow",
  collection: "workflows",
  scope: "region",
  quota: { metric: "workflows.googleapis.com/workflows", limit: 10000 },
  service: { name: "workflows.googleapis.com", title: "Workflows API", permission: "workflows.workflows" },
  defaults: { deletionProtection: true },
  outputs: ["createTime", "revisionId", "state", "updateTime"],
  replaces: (path) => path === "name",
  pathOf: ({ project, region }, name) => `projects/${project}/locations/${region}/workflows/${name}`,
  unknownAfter: () => ["revisionId", "updateTime"],
  // The account may be an email, or a path as this one's.
  uses: ({ serviceAccount }) => (serviceAccount?.startsWith("projects/") ? [serviceAccount] : []),

  async create({ inputs }) {
    refuseProgram(inputs);
    return {
      createTime: timestamp(),
      revisionId: `000001-${newNumber().slice(0, 3)}`,
      state: "ACTIVE",
      updateTime: timestamp(),
    };
  },

  async update({ inputs }, { outputs }) {
    refuseProgram(inputs);
    const next = String(Number(outputs.revisionId.slice(0, 6)) + 1).padStart(6, "0");
    return { ...outputs, revisionId: `${next}-${newNumber().slice(0, 3)}`, updateTime: timestamp() };
  },

  async delete(_, { inputs }) {
    if (inputs.deletionProtection !== false)
      throw new ProviderError(
        `cannot destroy workflow without setting deletion_protection=false and running \`terraform apply\``,
      );
  },
});

/** The API reads the program before it stores it. */
function refuseProgram({ sourceContents = "" }: WorkflowInputs): void {
  const refused = (reason: string) => new Error(apiError(400, `main.yaml: parse error: ${reason}`, "badRequest"));
  try {
    const program = parse(sourceContents) as { main?: { steps?: unknown } } | null;
    if (Array.isArray(program?.main?.steps)) return;
  } catch (error) {
    throw refused((error as Error).message);
  }
  throw refused("missing required subworkflow 'main'");
}
