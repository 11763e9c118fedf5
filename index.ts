import "./components/startup.ts";
import { createSite } from "./components/createSite.ts";
import { explainErrors } from "./components/explain/explainErrors.ts";
import { preflight } from "./components/preflight/preflight.ts";
import { loadSettings } from "./settings/load.ts";

const settings = loadSettings();
await explainErrors(settings.target.kind);
const found = await preflight(settings);

export default createSite(settings, found);
