export { release as default } from "../../scripts/test/machine.ts";
