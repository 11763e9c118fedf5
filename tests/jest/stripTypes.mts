/** jest's transformer: Node's own type stripping, so that tests run the same code as `node`. Lines and columns stay. */

import { stripTypeScriptTypes } from "node:module";

export default { process: (text: string) => ({ code: stripTypeScriptTypes(text) }) };
