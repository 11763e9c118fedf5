export { prepareKubernetes as default } from "../../scripts/test/machine.ts";
