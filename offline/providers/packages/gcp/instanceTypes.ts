import type { NetworkTier } from "./address.ts";
import type { AttachedDisk } from "./attachments.ts";
import type { CommonInputs } from "./kind.ts";

export type AccessConfig = { natIp?: string; networkTier?: NetworkTier };

export type NetworkInterface = {
  network?: string;
  subnetwork?: string;
  accessConfigs?: AccessConfig[];
  name?: string;
  networkIp?: string;
  nicType?: string;
  stackType?: string;
};

export type InstanceInputs = CommonInputs & {
  machineType: string;
  bootDisk: {
    autoDelete?: boolean;
    deviceName?: string;
    /** `size` in GB. Default: the image's, 10. */
    initializeParams?: { image?: string; size?: number; type?: string; labels?: Record<string, string> };
  };
  networkInterfaces: NetworkInterface[];
  attachedDisks?: AttachedDisk[];
  allowStoppingForUpdate?: boolean;
  canIpForward?: boolean;
  deletionProtection?: boolean;
  description?: string;
  /** Default: RUNNING. */
  desiredStatus?: "RUNNING" | "TERMINATED";
  hostname?: string;
  metadata?: Record<string, string>;
  metadataStartupScript?: string;
  tags?: string[];
  serviceAccount?: { email?: string; scopes: string[] };
  minCpuPlatform?: string;
  enableDisplay?: boolean;
  shieldedInstanceConfig?: Record<string, boolean>;
  advancedMachineFeatures?: Record<string, unknown>;
  scheduling?: Record<string, unknown>;
};

export type InstanceOutputs = {
  cpuPlatform: string;
  creationTimestamp: string;
  currentStatus: "RUNNING" | "TERMINATED";
  effectiveLabels: Record<string, string>;
  instanceId: string;
  labelFingerprint: string;
  metadataFingerprint: string;
  networkInterfaces: NetworkInterface[];
  pulumiLabels: Record<string, string>;
  selfLink: string;
  tagsFingerprint: string;
};
