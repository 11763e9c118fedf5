/**
 * Node's own stack traces, for the rest of the program. Pulumi's SDK takes one for each resource and each promise, and installs
 * source-map-support, which reads and sorts the source maps of all its files for them: a quarter of a second in each run. This
 * program needs no source maps: Node removes types in place, so lines and columns stay.
 */
Reflect.deleteProperty(Error, "prepareStackTrace");
