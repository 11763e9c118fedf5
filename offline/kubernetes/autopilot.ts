/** What Google's Autopilot refuses, as a policy of the API: as far as its documentation of November 2026 says, and as this project needs. */

import { setTimeout as pause } from "node:timers/promises";
import type { Api } from "./api.ts";

const registrations = "/apis/admissionregistration.k8s.io/v1";
const name = "autopilot";

// Ephemeral containers have no requests, and nobody adds them to a pod that is only made.
const containers = "(object.spec.containers + object.spec.?initContainers.orValue([]))";

/** Autopilot's own default list; a pod may not add others. */
const capabilities = [
  ...["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_RAW"],
  ...["SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT", "SYS_PTRACE"],
];

/** The name of Autopilot's rule, its words, and what must be true. */
const rules: [rule: string, words: string, expression: string][] = [
  [
    "autogke-disallow-privilege",
    "containers with privileged security context are not allowed in Autopilot",
    `${containers}.all(c, !c.?securityContext.privileged.orValue(false))`,
  ],
  [
    "autogke-default-linux-capabilities",
    "linux capability not allowed; Autopilot only allows a default list",
    `${containers}.all(c, c.?securityContext.capabilities.add.orValue([]).all(name, name in ${JSON.stringify(capabilities)}))`,
  ],
  [
    "autogke-no-write-mode-hostpath",
    "hostPath volume is not allowed in Autopilot",
    "object.spec.?volumes.orValue([]).all(v, !has(v.hostPath))",
  ],
  [
    "autogke-disallow-hostnamespaces",
    "enabling hostNetwork, hostPID or hostIPC is not allowed in Autopilot",
    ["hostNetwork", "hostPID", "hostIPC"].map((field) => `!object.spec.?${field}.orValue(false)`).join(" && "),
  ],
  [
    "autogke-disallow-hostport",
    "hostPort is not allowed in Autopilot",
    `${containers}.all(c, c.?ports.orValue([]).all(port, port.?hostPort.orValue(0) == 0))`,
  ],
  // The real one fills them in, with requests that nobody has chosen.
  [
    "requests",
    "a container has no requests of cpu and memory; Autopilot would choose them",
    `${containers}.all(c, c.?resources.requests["cpu"].hasValue() && c.?resources.requests["memory"].hasValue())`,
  ],
];

/** Makes a cluster refuse what Autopilot refuses, and waits until it does. Its own parts in kube-system may do anything. */
export async function refuseAsAutopilot(api: Api): Promise<void> {
  await api.create(`${registrations}/validatingadmissionpolicies`, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: { name },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        namespaceSelector: {
          matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["kube-system"] }],
        },
      },
      validations: rules.map(([rule, words, expression]) => ({
        expression,
        message: `GKE Warden rejected the request because it violates one or more constraints. [denied by ${rule}]: ${words}.`,
      })),
    },
  });
  await api.create(`${registrations}/validatingadmissionpolicybindings`, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: { name },
    spec: { policyName: name, validationActions: ["Deny"] },
  });
  for (let tries = 0; tries < 150; tries++) {
    if (await refuses(api)) return;
    await pause(200);
  }
  throw new Error("The cluster does not refuse yet what Autopilot refuses.");
}

async function refuses(api: Api): Promise<boolean> {
  const trial = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "trial" },
    spec: { containers: [{ name: "main", image: "trial", securityContext: { privileged: true } }] },
  };
  try {
    await api.create("/api/v1/namespaces/default/pods?dryRun=All", trial);
    return false;
  } catch (error) {
    return String(error).includes("GKE Warden");
  }
}
