/** Makes the rest of the program start and run faster. Must be imported first. */

import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { checkout } from "../settings/checkout.ts";

// Pulumi's SDK has a thousand modules. Node caches their compiled code here, unless NODE_COMPILE_CACHE names another
// folder. Node's default is in /tmp, where another user could have put code.
enableCompileCache(join(checkout, "node_modules/.cache/compiled"));

// The SDK takes a stack trace for each resource and each promise. It also installs source-map-support, which reads and
// sorts the source maps of all its files for each trace. This program needs no source maps: Node removes types in
// place, so lines and columns stay the same.
Reflect.deleteProperty(Error, "prepareStackTrace");
