import { type CommonInputs, newNumber, resourceType } from "./kind.ts";
import { selfLinkOf } from "./scope.ts";

type NetworkInputs = CommonInputs & {
  /** Default: true. */
  autoCreateSubnetworks?: boolean;
  deleteDefaultRoutesOnCreate?: boolean;
  description?: string;
  mtu?: number;
  routingMode?: "REGIONAL" | "GLOBAL";
};

type NetworkOutputs = {
  gatewayIpv4: string;
  networkId: string;
  numericId: string;
  selfLink: string;
  mtu: number;
  routingMode: string;
};

/** `gcp:compute/network:Network` */
export const network = resourceType<NetworkInputs, NetworkOutputs>({
  type: "gcp:compute/network:Network",
  title: "Network",
  noun: "network",
  collection: "networks",
  scope: "global",
  quota: { metric: "NETWORKS", limit: 5 },
  defaults: { autoCreateSubnetworks: true, deleteDefaultRoutesOnCreate: false },
  outputs: ["gatewayIpv4", "networkId", "numericId", "selfLink", "mtu", "routingMode"],
  // A network can change from `auto` to `custom`, but not back.
  replaces: (path, _, inputs) =>
    ["description", "mtu"].includes(path) ||
    (path === "autoCreateSubnetworks" && inputs.autoCreateSubnetworks === true),

  async create({ path, inputs }) {
    const number = newNumber();
    return {
      gatewayIpv4: "",
      networkId: number,
      numericId: number,
      selfLink: selfLinkOf(path),
      mtu: inputs.mtu ?? 1460,
      routingMode: inputs.routingMode ?? "REGIONAL",
    };
  },

  update: async ({ inputs }, { outputs }) => ({ ...outputs, routingMode: inputs.routingMode ?? outputs.routingMode }),
});
