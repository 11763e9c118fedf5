import type { Secrets } from "../../site/secrets.ts";
import type { TextFiles } from "../../site/service.ts";
import { serverKey } from "../people-hub/keys.ts";

/** What is different in nginx if each person has a server of their own; see people-proxy/jupyter.conf. */

/** Secret file with the key of the servers' secrets. */
export const SERVER_KEY = "server-key";

/** Where the front page asks whether the disk is nearly full: Jupyter, for all people. */
export const DISK = `include /site/current/door-secret.conf;
        proxy_pass http://jupyter/disk/notice;`;
/** The same with servers of people: the person's own, if it runs. */
export const DISK_OF_PERSON = `proxy_set_header X-Door-Secret $server_secret;
        proxy_intercept_errors on;
        error_page 300 301 302 303 400 401 403 404 424 500 502 503 504 =204 @no_disk_notice;
        proxy_pass http://people_proxy/user/$server_name_of_person/disk/notice;
    }
    location @no_disk_notice {
        return 204;`;

export function peopleSecretFiles(secrets: Secrets): TextFiles {
  return {
    [SERVER_KEY]: `${serverKey(secrets)}\n`,
    "people-secret.conf": `map $people_backend $people_secret { default $server_secret; people_hub "${secrets.doorSecret}"; }\n`,
  };
}
