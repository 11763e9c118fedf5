export { prepareSite as default } from "./machine.ts";
