export { prepareSite as default } from "../../scripts/test/machine.ts";
