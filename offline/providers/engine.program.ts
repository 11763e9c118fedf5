/** The Pulumi program of engine.test.ts. inputs.json says what differs in this run. */

import { readFileSync } from "node:fs";
import { local } from "@pulumi/command";
import { RandomPassword } from "@pulumi/random";
import { PrivateKey, SelfSignedCert } from "@pulumi/tls";

const inputs: {
  command?: ConstructorParameters<typeof local.Command>[1];
  certificate?: { earlyRenewalHours: number };
} = JSON.parse(readFileSync("inputs.json", "utf8"));

const password = new RandomPassword("password", { length: 20 });
const key = new PrivateKey("key", { algorithm: "ED25519" });
const certificate = new SelfSignedCert("certificate", {
  privateKeyPem: key.privateKeyPem,
  dnsNames: ["lab.localhost"],
  allowedUses: ["server_auth"],
  validityPeriodHours: 100,
  ...inputs.certificate,
});
const command = new local.Command("command", { stdin: password.result, ...inputs.command });

export const stdout = command.stdout;
export const certPem = certificate.certPem;
/** "true" if the SDK compiles this program with ts-node. */
export const compiled = process.env.PULUMI_NODEJS_TYPESCRIPT ?? "false";
