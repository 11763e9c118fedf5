/** The settings of zones. They belong to a zone and not to a program: a changed value stays. */

import { join } from "node:path";
import { readJson, writeJson } from "../../../cloud/files.ts";
import type { Cloud } from "../../../cloud/folder.ts";
import { now, Refusal } from "./api.ts";

export interface Setting {
  readonly value: unknown;
  readonly modifiedOn?: string;
}

type Known = { readonly initial: unknown; readonly isValid: (value: unknown) => boolean };

const oneOf = (initial: unknown, ...more: unknown[]): Known => ({
  initial,
  isValid: (value) => value === initial || more.includes(value),
});

/**
 * The settings that the fake supports, with their value in a new zone. The edge acts on `always_use_https`,
 * `email_obfuscation`, `rocket_loader`, `ssl` and `websockets`.
 */
const known: Record<string, Known> = {
  always_online: oneOf("off", "on"),
  always_use_https: oneOf("off", "on"),
  automatic_https_rewrites: oneOf("on", "off"),
  brotli: oneOf("on", "off"),
  browser_check: oneOf("on", "off"),
  development_mode: oneOf("off", "on"),
  email_obfuscation: oneOf("on", "off"),
  http3: oneOf("on", "off"),
  ipv6: oneOf("on", "off"),
  min_tls_version: oneOf("1.0", "1.1", "1.2", "1.3"),
  opportunistic_encryption: oneOf("on", "off"),
  rocket_loader: oneOf("off", "on"),
  security_level: oneOf("medium", "off", "essentially_off", "low", "high", "under_attack"),
  ssl: oneOf("full", "off", "flexible", "strict", "origin_pull"),
  tls_1_3: oneOf("on", "off", "zrt"),
  tls_client_auth: oneOf("off", "on"),
  websockets: oneOf("on", "off"),
};

type AllSettings = Record<string, Record<string, Setting>>;

const settingsFile = (cloud: Cloud) => join(cloud.folder, "zone-settings.json");

/** A zone's setting. Throws as the API does for an unknown one. */
export async function readSetting(cloud: Cloud, zoneId: string, settingId: string): Promise<Setting> {
  const { initial } = requireKnown(settingId);
  const all = await readJson<AllSettings>(settingsFile(cloud));
  return all?.[zoneId]?.[settingId] ?? { value: initial };
}

/** Throws as the API does for an invalid value. */
export async function writeSetting(cloud: Cloud, zoneId: string, settingId: string, value: unknown): Promise<Setting> {
  if (!requireKnown(settingId).isValid(value)) {
    throw new Refusal(400, { code: 1007, message: `Invalid value for zone setting ${settingId}` });
  }
  const all = (await readJson<AllSettings>(settingsFile(cloud))) ?? {};
  const setting = { value, modifiedOn: now() };
  await writeJson(settingsFile(cloud), { ...all, [zoneId]: { ...all[zoneId], [settingId]: setting } });
  return setting;
}

function requireKnown(settingId: string): Known {
  const setting = known[settingId];
  if (setting !== undefined) return setting;
  throw new Refusal(400, { code: 1006, message: `Undefined zone setting: ${settingId}` });
}
