/** Makes the rest of the program start and run faster. Must be imported first. */

import "./withoutClosures.ts";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { checkout } from "../settings/checkout.ts";

// Pulumi's SDK has a thousand modules. Node caches their compiled code here, unless NODE_COMPILE_CACHE names another
// folder. Node's default is in /tmp, where another user could have put code.
enableCompileCache(join(checkout, "node_modules/.cache/compiled"));

// The SDK takes a stack trace for each resource and each promise. It also installs source-map-support, which reads and
// sorts the source maps of all its files for each trace. This program needs no source maps: Node removes types in
// place, so lines and columns stay the same.
Reflect.deleteProperty(Error, "prepareStackTrace");

// The SDK sends the engine several debug messages for each resource, one after the other. Some contain the engine's whole
// answer: a megabyte in each preview, and secrets. PULUMI_OPTION_DEBUG=true, which does the same as --debug, keeps them: the
// program cannot see the flag itself.
if (!process.env.PULUMI_OPTION_DEBUG) Object.assign(pulumi.log, { debug: async () => {} });
