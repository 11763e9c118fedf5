// The entry point of the package, in JavaScript: Pulumi's SDK compiles a TypeScript one with ts-node, which cannot load this project's
// modules. Node itself strips the types of the modules that this one imports.
import "../components/startup.ts";

export { JupyterSite } from "./index.ts";
