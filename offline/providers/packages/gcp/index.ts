import { withoutSecretMarks } from "../../protocol.ts";
import type { Properties, ProviderPackage } from "../../resource.ts";
import { address } from "./address.ts";
import { bucket } from "./bucket.ts";
import { refuseMalformed, regionWarning } from "./configuration.ts";
import { projectWarning, requireCredentials } from "./credentials.ts";
import { customRole } from "./customRole.ts";
import { disk } from "./disk.ts";
import { diskResourcePolicyAttachment } from "./diskResourcePolicyAttachment.ts";
import { firewall } from "./firewall.ts";
import { accountIamMember, bucketIamMember, instanceIamMember, projectIamMember } from "./iamMembers.ts";
import { instance } from "./instance.ts";
import { network } from "./network.ts";
import { resourcePolicy } from "./resourcePolicy.ts";
import { serviceAccount } from "./serviceAccount.ts";
import { serviceAccountKey } from "./serviceAccountKey.ts";
import { snapshot } from "./snapshot.ts";
import { subnetwork } from "./subnetwork.ts";
import { workflow } from "./workflow.ts";

export default {
  name: "gcp",
  version: "9.37.0",
  checkConfig(config) {
    const given = withoutSecretMarks(config) as Properties;
    refuseMalformed(given);
    requireCredentials(given);
    return [];
  },
  warnings(config) {
    const given = withoutSecretMarks(config) as Properties;
    return [...projectWarning(given), ...regionWarning(given)];
  },
  resources: {
    "gcp:compute/address:Address": address,
    "gcp:compute/disk:Disk": disk,
    "gcp:compute/diskResourcePolicyAttachment:DiskResourcePolicyAttachment": diskResourcePolicyAttachment,
    "gcp:compute/firewall:Firewall": firewall,
    "gcp:compute/instance:Instance": instance,
    "gcp:compute/instanceIAMMember:InstanceIAMMember": instanceIamMember,
    "gcp:compute/network:Network": network,
    "gcp:compute/resourcePolicy:ResourcePolicy": resourcePolicy,
    "gcp:compute/snapshot:Snapshot": snapshot,
    "gcp:compute/subnetwork:Subnetwork": subnetwork,
    "gcp:projects/iAMCustomRole:IAMCustomRole": customRole,
    "gcp:projects/iAMMember:IAMMember": projectIamMember,
    "gcp:serviceaccount/account:Account": serviceAccount,
    "gcp:serviceaccount/iAMMember:IAMMember": accountIamMember,
    "gcp:serviceaccount/key:Key": serviceAccountKey,
    "gcp:storage/bucket:Bucket": bucket,
    "gcp:storage/bucketIAMMember:BucketIAMMember": bucketIamMember,
    "gcp:workflows/workflow:Workflow": workflow,
  },
} satisfies ProviderPackage;
