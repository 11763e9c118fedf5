import "./components/startup.ts";
import { setImmediate } from "node:timers/promises";
import { readStackState } from "./components/preflight/stackState.ts";

// The engine lists the stack's resources while Node loads the rest. The pause lets the request leave before that.
const pendingState = readStackState();
await setImmediate();
const { loadSettings } = await import("./settings/load.ts");
const { preflight } = await import("./components/preflight/preflight.ts");
const { explainErrors } = await import("./components/explain/explainErrors.ts");
const { createSite } = await import("./components/createSite.ts");

const settings = loadSettings();
const [found] = await Promise.all([preflight(settings, pendingState), explainErrors(settings.target.kind)]);

export default createSite(settings, found);
