import { generateKeyPairSync, randomBytes } from "node:crypto";
import { type CommonInputs, resourceType } from "./kind.ts";
import { lastPart, type Place } from "./scope.ts";

type KeyInputs = CommonInputs & { serviceAccountId: string; keyAlgorithm?: string; privateKeyType?: string };
type KeyOutputs = { name: string; privateKey: string; publicKey: string; validAfter: string; validBefore: string };

/**
 * `gcp:serviceaccount/key:Key`. Its private key is base64 of the JSON file that programs read, as the API returns it. All of its
 * properties are ForceNew.
 */
export const serviceAccountKey = {
  ...resourceType<KeyInputs, KeyOutputs>({
    type: "gcp:serviceaccount/key:Key",
    title: "service account key",
    noun: "service account key",
    collection: "serviceAccountKeys",
    scope: "project",
    quota: { metric: "iam.googleapis.com/quota/service-account-key-count", limit: 10 },
    service: { name: "iam.googleapis.com", title: "Identity and Access Management (IAM) API", permission: "iam" },
    required: ["serviceAccountId"],
    defaults: { keyAlgorithm: "KEY_ALG_RSA_2048", privateKeyType: "TYPE_GOOGLE_CREDENTIALS_FILE" },
    outputs: ["name", "privateKey", "publicKey", "validAfter", "validBefore"],
    replaces: () => true,
    nameOf: ({ name, serviceAccountId }) =>
      name?.replace(/^.*\/serviceAccounts\//, "") ??
      `${lastPart(serviceAccountId)}/keys/a${randomBytes(20).toString("hex").slice(1)}`,
    pathOf: ({ project }, name) => `projects/${project}/serviceAccounts/${name}`,
    uses: ({ serviceAccountId }, place) => [accountPath(serviceAccountId, place)],

    async create({ path, inputs: { serviceAccountId }, place }) {
      const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
      const email = lastPart(accountPath(serviceAccountId, place));
      const file = {
        type: "service_account",
        project_id: place.project,
        private_key_id: lastPart(path),
        private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
        client_email: email,
        token_uri: "https://oauth2.googleapis.com/token",
        universe_domain: "googleapis.com",
      };
      const base64 = (text: string) => Buffer.from(text).toString("base64");
      return {
        name: path,
        privateKey: base64(`${JSON.stringify(file, null, 2)}\n`),
        publicKey: base64(publicKey.export({ type: "spki", format: "pem" }).toString()),
        validAfter: new Date().toISOString(),
        validBefore: "9999-12-31T23:59:59Z",
      };
    },
  }),
  secrets: ["privateKey"],
};

const accountPath = (id: string, { project }: Place) => `projects/${project}/serviceAccounts/${lastPart(id)}`;
