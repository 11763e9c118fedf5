import type { Operation, ResourceType } from "../../resource.ts";
import { ask, parseImportId } from "./api.ts";
import { exclusively } from "./changes.ts";
import { publish } from "./edge.ts";
import { readSetting, type Setting, writeSetting } from "./zoneSettings.ts";
import { requireZone } from "./zones.ts";

type SettingInputs = {
  zoneId: string;
  settingId: string;
  value: unknown;
  /** Only for the setting `ssl_recommender`, which the fake does not support. */
  enabled?: boolean;
};

type SettingOutputs = { editable: boolean; modifiedOn?: string; timeRemaining: number };

/** `cloudflare:index/zoneSetting:ZoneSetting`. Creating it sets the value; it cannot be deleted. */
export const zoneSetting: ResourceType<SettingInputs, SettingOutputs> = {
  outputs: ["editable", "modifiedOn", "timeRemaining"],
  replaceOnChanges: ["zoneId", "settingId"],

  check: (inputs) =>
    "enabled" in inputs
      ? [{ property: "enabled", reason: "The fake provider cloudflare knows no setting that has it." }]
      : [],

  async create(inputs, operation) {
    warn(
      operation,
      "This resource cannot be destroyed from Terraform. If you create this resource, it will be present in the API until manually deleted.",
    );
    return { id: inputs.settingId, outputs: await set(inputs, operation) };
  },

  update: (inputs, _, operation) => set(inputs, operation),

  delete(_, operation) {
    warn(
      operation,
      "Applying this resource destruction will remove the resource from the Terraform state but will not change it in the API. If you would like to destroy or reset this resource in the API, refer to the documentation for how to do it manually.",
    );
  },

  parseImportId(importId) {
    const [zoneId = "", settingId = ""] = parseImportId(importId, "<zone_id>/<setting_id>");
    return { id: settingId, inputs: { zoneId, settingId } };
  },

  read({ inputs: { zoneId, settingId } }, operation) {
    const path = `/zones/${zoneId}/settings/${settingId}`;
    return ask(operation, { method: "GET", path }, async (cloud) => {
      await requireZone(cloud, zoneId, path);
      const setting = await readSetting(cloud, zoneId, settingId);
      return { zoneId, settingId, value: setting.value, ...outputsOf(setting) };
    });
  },
};

function set({ zoneId, settingId, value }: SettingInputs, operation: Operation): Promise<SettingOutputs> {
  const path = `/zones/${zoneId}/settings/${settingId}`;
  return ask(operation, { method: "PATCH", path }, (cloud) =>
    exclusively(async () => {
      await requireZone(cloud, zoneId, path);
      const setting = await writeSetting(cloud, zoneId, settingId, value);
      await publish(cloud);
      return outputsOf(setting);
    }),
  );
}

function outputsOf({ modifiedOn }: Setting): SettingOutputs {
  return { editable: true, timeRemaining: 0, ...(modifiedOn && { modifiedOn }) };
}

function warn(operation: Operation, detail: string): void {
  operation.log("warning", `[WARNING] ${detail}: Resource Destruction Considerations`);
}
