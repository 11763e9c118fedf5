import type { ProviderFunction } from "../../resource.ts";
import { ask } from "./api.ts";
import { readSetting } from "./zoneSettings.ts";
import { requireZone } from "./zones.ts";

/** `cloudflare:index/getZoneSetting:getZoneSetting`: the current value of one setting of a zone. */
export const getZoneSetting: ProviderFunction = async (args, operation) => {
  const { zoneId = "", settingId = "" } = args as { zoneId?: string; settingId?: string };
  const path = `/zones/${zoneId}/settings/${settingId}`;
  return ask(operation, { method: "GET", path }, async (cloud) => {
    await requireZone(cloud, zoneId, path);
    const { value, modifiedOn = null } = await readSetting(cloud, zoneId, settingId);
    return { zoneId, settingId, id: settingId, value, modifiedOn, editable: true, enabled: null, timeRemaining: 0 };
  });
};
