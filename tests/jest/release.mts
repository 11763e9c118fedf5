export { release as default } from "./machine.ts";
