import { connect as connectHttp2 } from "node:http2";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Attempt, type Http2Attempt, LABELS, originOf, type RawAttempt, site, type Visitor } from "./attempt.ts";

/** The result of an attempt. */
export interface Outcome {
  /**
   * The answers in order: `401`, `302 vouch:/login` (with `label:` for a host name of the site). Then the end: `closed`
   * without an answer, `waits` if the site still waits for input, `refused` without a connection.
   */
  answers: string;
  /** All received bytes. */
  text: string;
}

/** The time limit for the first answer, in milliseconds. */
const PATIENCE = 15_000;

/** @param quiet the time without data after which an open connection counts as waiting, in milliseconds */
export function send(attempt: Attempt, visitor: Visitor, quiet = 2000): Promise<Outcome> {
  return attempt.kind === "raw" ? sendRaw(attempt, visitor, quiet) : sendHttp2(attempt, visitor);
}

function sendRaw({ tls, serverName, bytes }: RawAttempt, visitor: Visitor, quiet: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const sent = bytes(visitor);
    const received: Buffer[] = [];
    let connected = false;
    let timer: NodeJS.Timeout | undefined;
    const end = (how: "closed" | "waits" | "refused") => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(received).toString("latin1");
      resolve({ answers: answersOf(text, how, sent.startsWith("HEAD ")), text });
    };
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(() => end("waits"), received.length > 0 ? quiet : PATIENCE);
    };
    const ready = () => {
      connected = true;
      socket.write(Buffer.from(sent, "latin1"));
      wait();
    };
    const host = site.address;
    const socket: Socket = tls
      ? connectTls(
          {
            host,
            port: site.httpsPort,
            ...(serverName ? { servername: serverName } : {}),
            ALPNProtocols: ["http/1.1"],
            rejectUnauthorized: false,
          },
          ready,
        )
      : connectPlain({ host, port: site.httpPort }, ready);
    socket.on("data", (part) => {
      received.push(part);
      wait();
    });
    // A connection may be reset after the answer, if the site did not read the whole request.
    socket.on("error", () => end(connected ? "closed" : "refused"));
    socket.on("close", () => end(connected ? "closed" : "refused"));
  });
}

function sendHttp2({ serverName, headers }: Http2Attempt, visitor: Visitor): Promise<Outcome> {
  return new Promise((resolve) => {
    const session = connectHttp2(`https://${serverName}:${site.httpsPort}`, {
      createConnection: () =>
        connectTls({
          host: site.address,
          port: site.httpsPort,
          servername: serverName,
          ALPNProtocols: ["h2"],
          rejectUnauthorized: false,
        }),
    });
    let text = "";
    let answers = "";
    const end = (otherwise: string) => {
      clearTimeout(timer);
      session.destroy();
      resolve({ answers: answers || otherwise, text });
    };
    const timer = setTimeout(() => end("waits"), PATIENCE);
    session.on("error", () => end("closed")).on("goaway", () => setTimeout(() => end("closed"), 50));
    try {
      const stream = session.request(headers(visitor));
      stream.on("response", (got) => {
        text += Object.entries(got)
          .map(([name, value]) => `${name}: ${value}\r\n`)
          .join("");
        answers = described(String(got[":status"]), String(got.location ?? ""));
      });
      stream.setEncoding("latin1").on("data", (part) => {
        text += part;
      });
      stream.on("error", () => end("reset")).on("close", () => end("reset"));
      stream.end();
    } catch (error) {
      // Node refuses to send some headers.
      text = String(error);
      end("not sent");
    }
  });
}

function described(status: string, location: string): string {
  if (!location) return status;
  const short = LABELS.reduce((text, label) => text.replaceAll(originOf(label), `${label}:`), location);
  // Parts that differ each time.
  const constant = short
    .replace(/(state|code_challenge|nonce|req|hmac|pass)=[-.\w]+/g, "$1=")
    .replace(/\/enter\/([\w.-]+)\/[0-9a-f]{32}(?:\/[\w-]{43}){1,2}$/, "/enter/$1/=")
    .replace(/\/sso-return\/[0-9a-f]{32}\?/, "/sso-return/=?");
  return `${status} ${constant}`;
}

function answersOf(text: string, how: "closed" | "waits" | "refused", isHead: boolean): string {
  const answers: string[] = [];
  let rest = text;
  while (rest) {
    const head = /^HTTP\/1\.[01] (\d{3})[^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n/.exec(rest);
    if (!head) {
      answers.push(`${/<title>(\d{3}) /.exec(rest)?.[1] ?? "something"} without a head`);
      break;
    }
    const [whole, status = "", fields = ""] = head;
    rest = rest.slice(whole.length);
    answers.push(described(status, /^location: *([^\r\n]*)/im.exec(fields)?.[1] ?? ""));
    if (/^1|^204|^304/.test(status) || (isHead && answers.length === 1)) continue;
    const length = /^content-length: *(\d+)/im.exec(fields)?.[1];
    if (/^transfer-encoding: *chunked/im.test(fields)) rest = afterChunks(rest);
    else if (length !== undefined) rest = rest.slice(Number(length));
    else rest = "";
  }
  if (how === "waits" || answers.length === 0) answers.push(how);
  return answers.join(", ");
}

function afterChunks(body: string): string {
  let rest = body;
  for (;;) {
    const size = /^([0-9a-f]+)[^\r\n]*\r\n/i.exec(rest);
    if (!size) return rest;
    const length = Number.parseInt(size[1] ?? "0", 16);
    rest = rest.slice(size[0].length + length + 2);
    if (length === 0) return rest;
  }
}
