import { parse } from "yaml";
import { z } from "zod";
import { notAnObject } from "./history.ts";
import { format, kindOf, optionalText, withFix } from "./issues.ts";
import { Sensitive } from "./sensitive.ts";

/** A Kubernetes cluster in which the servers of people run. */
export interface Cluster {
  /** Kubeconfig of somebody who may create a namespace, YAML. Only the program uses it; the machine gets a token for one namespace. */
  kubeconfig: Sensitive<string>;
  /** Where the cluster's API answers, and the certificate of its authority (PEM); undefined: one that every machine trusts. */
  api: { url: string; authority: string | undefined };
  /** IPv4 address from which the machine's requests reach the cluster's pods. Pods admit no others. */
  address: string;
  /** StorageClass of the homes; undefined: the cluster's default. */
  storageClass: string | undefined;
}

export const SET_KUBECONFIG =
  "kubectl config view --flatten --minify --raw | pulumi config set --secret --path cluster.kubeconfig";
export const SET_ADDRESS = "pulumi config set --path cluster.address 10.128.0.2";

/** What the program reads of a kubeconfig. https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
const file = z.object({
  "current-context": z.string(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string() }) })),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({
        server: z.string(),
        "certificate-authority": z.string().optional(),
        "certificate-authority-data": z.string().optional(),
        "insecure-skip-tls-verify": z.boolean().optional(),
        "proxy-url": z.string().optional(),
      }),
    }),
  ),
});

/** The cluster of a kubeconfig's current context, or why it cannot be used. */
function clusterIn(kubeconfig: string): { api: Cluster["api"] } | { wrong: string } {
  const read = file.safeParse(parsed(kubeconfig));
  if (!read.success) return { wrong: "this is not a kubeconfig" };
  const { contexts, clusters, "current-context": current } = read.data;
  const used = contexts.find(({ name }) => name === current)?.context.cluster;
  const found = clusters.find(({ name }) => name === used)?.cluster;
  if (!found) return { wrong: `this kubeconfig has no cluster for its current context ${format(current)}` };
  if (found["certificate-authority"])
    return { wrong: "this kubeconfig names a file of this machine, and does not contain it" };
  if (found["insecure-skip-tls-verify"])
    return { wrong: "with this kubeconfig, anybody on the way could pass for the cluster (insecure-skip-tls-verify)" };
  if (found["proxy-url"])
    return { wrong: "this kubeconfig leads through a proxy, which the site's machine cannot use" };
  if (!found.server.startsWith("https://"))
    return { wrong: `the cluster's address ${format(found.server)} does not begin with https://` };
  const data = found["certificate-authority-data"];
  const authority = data && Buffer.from(data, "base64").toString("utf8");
  return { api: { url: found.server, authority: authority || undefined } };
}

function parsed(yaml: string): unknown {
  try {
    return parse(yaml);
  } catch {
    return undefined;
  }
}

const kubeconfig = z
  .string({ error: (issue) => withFix(`expected a kubeconfig, found ${kindOf(issue.input)}.`, SET_KUBECONFIG) })
  .superRefine((yaml, context) => {
    const found = clusterIn(yaml);
    if ("wrong" in found) context.addIssue({ code: "custom", message: withFix(`${found.wrong}.`, SET_KUBECONFIG) });
  });

const SET_CLASS = "pulumi config set --path cluster.storageClass standard";

/** The cluster for `servers.on: kubernetes`. */
export const cluster = z
  .strictObject(
    {
      /** Secret. */
      kubeconfig: kubeconfig.optional(),
      /** IPv4 address from which the machine's requests reach the cluster's pods. */
      address: z
        .ipv4({
          error: (issue) => withFix(`${format(issue.input)} is not an IPv4 address, such as 10.128.0.2.`, SET_ADDRESS),
        })
        .optional(),
      /** StorageClass of the homes. Default: the cluster's own default. */
      storageClass: optionalText("a StorageClass", SET_CLASS)
        .refine((name) => name === undefined || /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(name), {
          error: (issue) => withFix(`${format(issue.input)} is not the name of a StorageClass.`, SET_CLASS),
        })
        .optional(),
    },
    notAnObject("cluster", kindOf),
  )
  .prefault({});

/** The setting, valid alone. */
export type GivenCluster = z.infer<typeof cluster>;

/** The cluster in the form that the program works with. @throws if a part is missing; see clusterIssues. */
export function clusterOf({ kubeconfig, address, storageClass }: GivenCluster): Cluster {
  const found = clusterIn(kubeconfig ?? "");
  if (!kubeconfig || !address || "wrong" in found)
    throw new Error("rules.ts lets a cluster with a part missing through.");
  return { kubeconfig: new Sensitive(kubeconfig), api: found.api, address, storageClass };
}
