export { prepareBrowser as default } from "../../scripts/test/machine.ts";
