export { prepareBrowser as default } from "./machine.ts";
