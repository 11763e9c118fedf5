import { InstanceIAMMember } from "@pulumi/gcp/compute/instanceIAMMember.js";
import { IAMCustomRole } from "@pulumi/gcp/projects/iamcustomRole.js";
import { IAMMember as ProjectMember } from "@pulumi/gcp/projects/iammember.js";
import { Account } from "@pulumi/gcp/serviceaccount/account.js";
import { IAMMember as AccountMember } from "@pulumi/gcp/serviceaccount/iammember.js";
import { Workflow } from "@pulumi/gcp/workflows/workflow.js";
import * as pulumi from "@pulumi/pulumi";
import { RandomString } from "@pulumi/random/randomString.js";
import { renderTemplate } from "../../files/release/template.ts";
import { regionOf } from "../../settings/target/gcp.ts";

export interface GcpBoostArgs {
  /** Name of the workflow: `jupyter-up-dev-boost`. */
  workflow: string;
  /** Name of the account that changes the VM, 30 characters at most. */
  accountId: string;
  /** Google Cloud project ID. */
  project: string;
}

/** What `npm run boost` needs to know: the stack's output `boost`. */
export interface Boost {
  /** `projects/p/locations/us-central1/workflows/jupyter-up-dev-boost` */
  workflow: string;
  project: string;
  zone: string;
  /** Name of the VM at Google. */
  instance: string;
  /** The machine type in the settings. */
  machineType: string;
}

export interface BoostedVm {
  /** Name of the VM at Google. */
  called: string;
  zone: string;
  /** The machine type to go back to: `e2-micro`. */
  machineType: string;
  /** The VM's own account: `projects/p/serviceAccounts/EMAIL`. */
  account: pulumi.Input<string>;
  instance: pulumi.Resource;
}

/** What the workflow may do to the VM. https://cloud.google.com/compute/docs/access/iam-permissions */
const CHANGE = ["get", "stop", "start", "setMachineType", "setScheduling"].map((verb) => `compute.instances.${verb}`);
/** An operation belongs to the project, not to the VM. It says only how a change ended. */
const WAIT = ["compute.zoneOperations.get"];

/**
 * Creates what gives the VM a bigger machine type for some hours: a workflow at Google, which waits there and goes back also if no
 * machine of the user's is on, and an account that can do only this to only this VM. `npm run boost` starts the workflow.
 */
export function createBoost(
  name: string,
  { workflow, accountId, project }: GcpBoostArgs,
  vm: BoostedVm,
  parent: pulumi.Resource,
): pulumi.Output<Boost> {
  const { called, zone, machineType } = vm;
  const account = new Account(
    `${name}-boost-account`,
    { accountId, displayName: `${called}: changes the machine type of this VM for some hours` },
    { parent },
  );
  const member = pulumi.interpolate`serviceAccount:${account.email}`;
  // For 37 days, Google does not let a new role have the ID of a deleted one.
  const suffix = new RandomString(`${name}-boost-suffix`, { length: 6, special: false, upper: false }, { parent });
  const role = (kind: string, title: string, permissions: string[]) =>
    new IAMCustomRole(
      `${name}-boost-${kind}`,
      {
        roleId: pulumi.interpolate`${workflow.replaceAll("-", "_").slice(0, 40)}_${kind}_${suffix.result}`,
        title: `${called}: ${title}`,
        permissions,
      },
      { parent },
    );
  const change = role("change", "change the machine type", CHANGE);
  const wait = role("wait", "wait for the end of changes", WAIT);
  const rights = [
    new InstanceIAMMember(
      `${name}-boost-may-change`,
      { instanceName: called, zone, role: change.name, member },
      // A new VM of the same name has no members.
      { parent, dependsOn: vm.instance, replaceWith: [vm.instance], deletedWith: vm.instance },
    ),
    new ProjectMember(`${name}-boost-may-wait`, { project, role: wait.name, member }, { parent }),
    // To start a VM is to act as its account, which may do nothing.
    new AccountMember(
      `${name}-boost-may-start`,
      { serviceAccountId: vm.account, role: "roles/iam.serviceAccountUser", member },
      { parent },
    ),
  ];
  const made = new Workflow(
    `${name}-boost`,
    {
      name: workflow,
      description: `Gives the VM ${called} another machine type for some hours`,
      region: regionOf(zone),
      serviceAccount: account.id,
      sourceContents: workflowSource({ project, zone, instance: called, machineType }),
      deletionProtection: false,
    },
    { parent, dependsOn: rights },
  );
  return pulumi.output({ workflow: made.id, project, zone, instance: called, machineType });
}

/** The program of the workflow. https://cloud.google.com/workflows/docs/reference/syntax */
export const workflowSource = (values: { project: string; zone: string; instance: string; machineType: string }) =>
  renderTemplate(new URL("boost.workflow.yaml", import.meta.url), values);
