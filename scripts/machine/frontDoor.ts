import { request } from "node:https";
import { join } from "node:path";
import { attempt } from "../cli/command.ts";
import { stateFolder } from "../cli/folders.ts";
import { PlainError } from "../cli/plainError.ts";
import { localStack } from "../pulumi/localStack.ts";

const script = join(stateFolder, localStack, "site", "bin", "site-apply");
/** The exit code of `move state`. Earlier versions of the program do not know this step, and end with another one. */
const CLOSED = 3;

/**
 * Whether the site answers at its own address: any answer except a server error, from a server with the site's
 * certificate. Does not resolve the name, because not every machine resolves *.localhost.
 *
 * @param url the site's address, such as "https://jupyter.lab.localhost:8443"
 * @param authority the certificate authority of its certificate, in PEM; undefined: one that this machine knows
 * @param at the port on this machine that leads to it, if it is not the one of the address
 */
export async function siteAnswers(url: string, authority: string | undefined, at?: number): Promise<boolean> {
  const { host, hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const asked = request(
      {
        host: "127.0.0.1",
        port: at ?? port,
        path: "/",
        servername: hostname,
        headers: { host },
        ca: authority,
        agent: false,
        timeout: 10_000,
      },
      (answer) => {
        answer.resume();
        resolve((answer.statusCode ?? 500) < 500);
      },
    );
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(false));
    asked.on("close", () => resolve(false));
    asked.end();
  });
}

/**
 * Whether every service behind nginx answers. A request without a session cannot show this: nginx requires sign-in
 * before it contacts them.
 */
export async function servicesAnswer(): Promise<boolean> {
  return (await attempt("sh", [script, "check"])).code === 0;
}

/**
 * Throws PlainError if the site is closed because of a move (files/host/site_apply/move/steps.py). It answers with a server
 * error then, and must not be repaired.
 */
export async function requireNotMoved(): Promise<void> {
  const { code, stderr } = await attempt("sh", [script, "move", "state"]);
  if (code === CLOSED) throw new PlainError(stderr.trim());
}
