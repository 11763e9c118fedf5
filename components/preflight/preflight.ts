import * as pulumi from "@pulumi/pulumi";
import { buildNames, callbackUrl } from "../../files/site/names.ts";
import { endingKeysNotice } from "../../settings/keys.ts";
import { homesNotice, tagNotice } from "../../settings/notices.ts";
import type { Settings } from "../../settings/resolve.ts";
import { HOST } from "../host/createHost.ts";
import { rollbackOf } from "../release/rollback.ts";
import { CERTIFICATE } from "../tls/createCertificate.ts";
import { originCertificateKey } from "../tls/originCertificate.ts";
import { callbackNotice } from "./callbackNotice.ts";
import { type Cloudflare, checkCloudflare } from "./cloudflareZone.ts";
import { type Checked, merge, report } from "./findings.ts";
import { checkMachine } from "./machine.ts";
import { renamedStack } from "./renamedStack.ts";
import { rolledBack } from "./rolledBack.ts";
import type { StackState } from "./stackState.ts";

/** Results of the checks that resources need. */
export interface Found {
  /** What Cloudflare does for the site; undefined if the settings do not use it. */
  cloudflare: Cloudflare | undefined;
  /** IPv4 ranges from which browsers or proxies connect to the machine. */
  webFrom: string[];
  /** Zone of the existing data disk, if the settings have another one. */
  dataComesFrom: string | undefined;
  /** Whether Google takes a snapshot of the data disk every day. */
  dailySnapshots: boolean;
  /** Names in the stack's existing certificate from Cloudflare, in Cloudflare's order. */
  formerNames: unknown;
}

/**
 * Checks the stack's state, the zone at Cloudflare and the machine, before anything is created. Settings and credentials
 * are checked when they are loaded.
 * @throws pulumi.RunError with every issue at once.
 */
export async function preflight(settings: Settings, pendingState: Promise<StackState>): Promise<Found> {
  const [state, cloudflare, machine] = await Promise.all([
    pendingState,
    checkCloudflare(settings, pendingState),
    checkMachine(settings, pendingState),
  ]);
  const names = { project: pulumi.getProject(), stack: pulumi.getStack() };
  const site = {
    issues: [renamedStack(state, names, HOST)],
    warnings: [rollbackOf(process.env) ? undefined : rolledBack(state)],
  };
  await report(merge(site, cloudflare, machine, checkSettings(settings)));
  return {
    cloudflare: cloudflare.found,
    webFrom: cloudflare.found?.edge?.ipv4 ?? ["0.0.0.0/0"],
    dataComesFrom: machine.dataComesFrom,
    dailySnapshots: machine.dailySnapshots ?? false,
    formerNames: state[originCertificateKey(CERTIFICATE)]?.hostnames,
  };
}

/** Consequences of the settings. Vulnerabilities are reported at each run, the others only in a preview. */
function checkSettings(settings: Settings): Checked {
  const { target, forwarded, domain, signIn } = settings;
  const names = buildNames(domain, target.kind === "local" ? target.port : (forwarded?.port ?? 443));
  return {
    warnings: [tagNotice(settings)],
    notices: pulumi.runtime.isDryRun()
      ? [callbackNotice(signIn, callbackUrl(names)), endingKeysNotice(settings.keys, Date.now()), homesNotice(settings)]
      : [],
  };
}
