import { type CommonInputs, resourceType } from "./kind.ts";
import { lastPart, type Place, pathOfPlace } from "./scope.ts";

type AttachmentInputs = CommonInputs & {
  /** The disk's name. */
  disk: string;
  /** The resource policy's name. */
  name?: string;
};

/** `gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment` */
export const diskResourcePolicyAttachment = resourceType<AttachmentInputs, Record<string, never>>({
  type: "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment",
  title: "DiskResourcePolicyAttachment",
  noun: "disk",
  collection: "disks",
  scope: "zone",
  quota: { metric: "RESOURCE_POLICIES", limit: 1 },
  required: ["disk", "name"],
  outputs: [],
  replaces: () => true,
  nameOf: ({ disk, name = "" }) => `${lastPart(disk)}/${name}`,
  uses: ({ disk, name = "" }, place) => [
    `${pathOfPlace(place, "zone")}/disks/${lastPart(disk)}`,
    policyPath(place, lastPart(name)),
  ],
  create: async () => ({}),
});

const policyPath = ({ project, zone = "" }: Place, policy: string) =>
  `projects/${project}/regions/${zone.replace(/-[a-z]$/, "")}/resourcePolicies/${policy}`;
