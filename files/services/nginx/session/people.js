/*
 * What nginx tells the server of a person, with the setting `people: own`: its name, and the secret that proves to it that a request
 * has passed the sign-in check as this person. Another person's server has another secret.
 */

import crypto from "crypto";
import fs from "fs";
import serverName from "./serverName.js";
import settings from "./settings.js";

const nameFor = (r) => serverName(r.variables.sso_email || "");

/** The secret of the person's server. */
function secret(r) {
  const name = nameFor(r);
  if (name === "") return "";
  const key = fs.readFileSync(settings.serverKey, "utf8").trim();
  return crypto.createHmac("sha256", key).update(name).digest("hex");
}

export default { name: nameFor, secret: secret };
