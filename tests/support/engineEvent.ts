import type { DiagnosticEvent, EngineEvent } from "@pulumi/pulumi/automation/events.js";

/** An event of the engine, as `pulumi up --json` prints it. */
export function engineEvent(event: Omit<EngineEvent, "sequence" | "timestamp">): EngineEvent {
  return { sequence: 1, timestamp: 1795851682, ...event };
}

export function diagnostic(severity: DiagnosticEvent["severity"], message: string, urn = ""): EngineEvent {
  return engineEvent({ diagnosticEvent: { severity, message, urn, color: "never" } });
}

/** The event before work on a resource begins. */
export function before(op: "create" | "same", type: string, name: string): EngineEvent {
  const urn = `urn:pulumi:local::jupyter-up::a:b:C$${type}::${name}`;
  return engineEvent({ resourcePreEvent: { metadata: { op, type, urn, provider: "" } } });
}

/** The event at the end of an operation. */
export function summary(resourceChanges: Record<string, number> = {}): EngineEvent {
  return engineEvent({ summaryEvent: { maybeCorrupt: false, durationSeconds: 1, policyPacks: {}, resourceChanges } });
}
