// One process for all of them: to load Pulumi's SDK takes longer than all these tests together.
import "./callbackNotice.cases.ts";
import "./stackNames.cases.ts";
import "./cloudflareFaults.cases.ts";
import "./gcpVm.cases.ts";
import "./leftBehind.cases.ts";
import "./madeSoFar.cases.ts";
import "./privateAuthority.cases.ts";
import "./originCertificate.cases.ts";
import "./originPulls.cases.ts";
import "./remoteHost.cases.ts";
import "./renamedStack.cases.ts";
import "./sshGreeting.cases.ts";
import "./siteRelease.cases.ts";
import "./siteSecrets.cases.ts";
import "./thisMachine.cases.ts";
import "./workAtRisk.cases.ts";
import "./zoneSettingFaults.cases.ts";
