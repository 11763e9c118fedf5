// Pulumi loads the TypeScript of a policy pack with ts-node, which does not know ES modules. From a module of this extension, Node
// loads it itself and strips the types, as it does for the program.
import "./pack.ts";
