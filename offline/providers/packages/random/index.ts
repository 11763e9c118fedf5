import type { ProviderPackage } from "../../resource.ts";
import { randomBytes, randomId, randomUuid } from "./bytes.ts";
import { randomPassword, randomString } from "./strings.ts";

export default {
  name: "random",
  version: "4.21.2",
  resources: {
    "random:index/randomBytes:RandomBytes": randomBytes,
    "random:index/randomId:RandomId": randomId,
    "random:index/randomPassword:RandomPassword": randomPassword,
    "random:index/randomString:RandomString": randomString,
    "random:index/randomUuid:RandomUuid": randomUuid,
  },
} satisfies ProviderPackage;
