/** Addresses and names of a cluster. Only this machine knows them: its network ends at one interface, which has no way out. */

/** The name of this machine's interface in the cluster's network. */
export const machineInterface = "jup-kubernetes";

/** The network of nodes and control plane. */
export const networkPrefix = "10.99.0";
export const machineAddress = `${networkPrefix}.1`;
/** The address of the control plane, which is also the router between the nodes. */
export const controlAddress = `${networkPrefix}.2`;
export const nodeAddressOf = (index: number): string => `${networkPrefix}.${10 + index}`;

export const podRange = "10.244.0.0/16";
/** The addresses of one node's pods. */
export const podRangeOf = (index: number): string => `10.244.${index}.0/24`;

export const serviceRange = "10.96.0.0/16";
/** The address that the API gets as a service. */
export const apiService = "10.96.0.1";
/** The address that kubelets give pods as their name server. */
export const dnsService = "10.96.0.10";

/** The control group of all nodes. */
export const controlGroup = "jupyter-up-kubernetes";
