import { PolicyPack } from "@pulumi/policy";
import { resourcePolicy, stackPolicy } from "./policies.ts";
import { bucketIsPrivate, bucketKeepsDeletedObjects } from "./rules/backup.ts";
import { hostKeyIsPinned, noSecretInACommandLine, secretsAreEncrypted } from "./rules/commands.ts";
import { hasLabel, snapshotsAreKept, workIsProtected } from "./rules/disks.ts";
import { proxyHasNoWayAround } from "./rules/dns.ts";
import { ownServiceAccount, shieldedVm, sshKeysOfTheStack } from "./rules/machine.ts";
import { firewallForTheVm, ownNetwork, portsOfTheSite, sshFromNamedAddresses } from "./rules/network.ts";
import { exactProviderVersion } from "./rules/providers.ts";
import { accountsHaveNoRole, ownRolesAreSmall } from "./rules/roles.ts";

/** What docs/security.md and docs/backup-and-restore.md promise, checked at each resource before Pulumi creates or changes it. */
new PolicyPack("jupyter-up", {
  enforcementLevel: "mandatory",
  policies: [
    ...[portsOfTheSite, sshFromNamedAddresses, firewallForTheVm, ownNetwork].map(resourcePolicy),
    ...[shieldedVm, ownServiceAccount, sshKeysOfTheStack].map(resourcePolicy),
    ...[accountsHaveNoRole, ownRolesAreSmall].map(resourcePolicy),
    ...[workIsProtected, snapshotsAreKept, hasLabel].map(resourcePolicy),
    ...[bucketIsPrivate, bucketKeepsDeletedObjects].map(resourcePolicy),
    ...[hostKeyIsPinned, noSecretInACommandLine, secretsAreEncrypted].map(resourcePolicy),
    resourcePolicy(exactProviderVersion),
    stackPolicy(proxyHasNoWayAround),
  ],
});
