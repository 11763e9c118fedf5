import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectTcp, createServer as createTcpServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import type { Timeouts } from "./origin.ts";
import { errors } from "./pages.ts";
import {
  type Answer,
  type Asking,
  ask,
  certificate,
  echo,
  type Origin,
  originCa,
  proxied,
  serve,
  startOrigin,
  type TestEdge,
  testEdge,
  visit,
  zone,
} from "./testing.ts";

const host = "jupyter.example.test";
const good = certificate([host, "*.example.test"], { issuer: originCa });

describe("the edge, in front of a healthy origin", () => {
  let origin: Origin;
  let edge: TestEdge;

  beforeAll(async () => {
    origin = await startOrigin(good);
    edge = await testEdge(origin.port, { records: [proxied(host, origin.address)] });
  });

  afterAll(async () => {
    await edge.stop();
    await origin.close();
  });

  const echoed = async (asking: Asking = {}) => JSON.parse((await ask(edge, host, asking)).body);

  it("passes method, path, query, body and name on", async () => {
    const seen = await echoed({ method: "POST", path: "/a%20b?c=d", body: "some text" });
    assert.equal(seen.method, "POST");
    assert.equal(seen.url, "/a%20b?c=d");
    assert.equal(seen.body, "some text");
    assert.equal(seen.headers.host, host);
    assert.equal(seen.serverName, host);
  });

  it("sends the visitor's address and scheme to the origin", async () => {
    const { headers } = await echoed({ from: "127.0.0.9" });
    assert.equal(headers["cf-connecting-ip"], "127.0.0.9");
    assert.equal(headers["x-forwarded-for"], "127.0.0.9");
    assert.equal(headers["x-forwarded-proto"], "https");
    assert.equal(headers["cf-visitor"], '{"scheme":"https"}');
    assert.match(headers["cf-ray"], /^[0-9a-f]{16}-SIN$/);
  });

  it("ignores a visitor's values of these headers, and appends to X-Forwarded-For", async () => {
    const { headers } = await echoed({
      headers: {
        "cf-connecting-ip": "6.6.6.6",
        "cf-ray": "forged",
        "x-forwarded-proto": "http",
        "x-forwarded-for": "6.6.6.6",
      },
    });
    assert.equal(headers["cf-connecting-ip"], "127.0.0.4");
    assert.equal(headers["x-forwarded-for"], "6.6.6.6, 127.0.0.4");
    assert.equal(headers["x-forwarded-proto"], "https");
    assert.notEqual(headers["cf-ray"], "forged");
  });

  it("connects to the origin from its own address", async () => {
    assert.equal((await echoed()).from, edge.address);
  });

  it("passes the answer on, with its own headers and a request id", async () => {
    const { status, headers, body } = await ask(edge, host);
    assert.equal(status, 200);
    assert.equal(headers.server, "cloudflare");
    assert.equal(headers["x-fake"], "fake Cloudflare");
    assert.equal(headers["cf-cache-status"], "DYNAMIC");
    assert.deepEqual(headers["set-cookie"], ["a=1", "b=2"]);
    assert.equal(headers["cf-ray"], JSON.parse(body).headers["cf-ray"]);
  });

  it("presents a certificate for the domain and one level below it, but not for two levels", async () => {
    await edge.change({
      records: [
        proxied(host, origin.address),
        proxied("example.test", origin.address),
        proxied(`a.${host}`, origin.address),
      ],
    });
    for (const name of [host, "example.test"]) (await visit(edge, name)).destroy();
    await assert.rejects(visit(edge, `a.${host}`), { code: "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE" });
  });

  it("has no certificate for a domain without a zone, or without SNI", async () => {
    for (const name of ["jupyter.other.test", ""]) {
      await assert.rejects(visit(edge, name), { code: "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE" });
    }
  });

  it("answers 1001 for a name without a proxied record, and 1003 for an address", async () => {
    await edge.change({ records: [{ name: "ssh.example.test", type: "A", content: origin.address, proxied: false }] });
    const missing = await ask(edge, "ssh.example.test");
    assert.equal(missing.status, 409);
    assert.match(missing.body, /Error code 1001/);
    const direct = await ask(edge, edge.address, { scheme: "http" });
    assert.equal(direct.status, 403);
    assert.match(direct.body, /Error code 1003/);
    await edge.change({ records: [proxied(host, origin.address)] });
  });

  it("follows a CNAME to an address, and answers 1016 if it leads nowhere or in a circle", async () => {
    const cname = (name: string, content: string) => ({ name, type: "CNAME", content, proxied: true }) as const;
    await edge.change({ records: [cname(host, "vm.example.test."), proxied("vm.example.test", origin.address)] });
    assert.equal((await ask(edge, host)).status, 200);
    for (const target of ["nowhere.invalid", host]) {
      await edge.change({ records: [cname(host, target)] });
      const { status, body } = await ask(edge, host);
      assert.equal(status, 530);
      assert.match(body, /Error code 1016/);
    }
    await edge.change({ records: [proxied(host, origin.address)] });
  });

  it("uses a wildcard record for names without a record", async () => {
    await edge.change({ records: [proxied("*.example.test", origin.address), proxied(host, "127.0.0.99")] });
    assert.equal((await ask(edge, "other.example.test")).status, 200);
    assert.equal((await ask(edge, host)).status, 521);
    await edge.change({ records: [proxied(host, origin.address)] });
  });

  it("accepts bodies up to the plan's limit and refuses larger ones, with or without Content-Length", async () => {
    const post = (length: number, headers: Record<string, string> = {}) =>
      ask(edge, host, { method: "POST", body: Buffer.alloc(length, "x"), headers });
    assert.equal((await post(1000)).status, 200);
    for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
      const { status, body } = await post(5_000_000, headers);
      assert.equal(status, 413);
      assert.match(body, /fake Cloudflare/);
    }
    assert.equal((await post(1000, { "transfer-encoding": "chunked" })).status, 200);
  });

  it("speaks HTTP/2 with visitors that support it, and HTTP/1.1 with the origin", async () => {
    const socket = await visit(edge, host, "127.0.0.4", "h2");
    assert.equal(socket.alpnProtocol, "h2");
    const client = connectHttp2(`https://${host}`, { createConnection: () => socket });
    const stream = client.request({ ":method": "POST", ":path": "/two" });
    stream.end("in a frame");
    let status = 0;
    let text = "";
    stream.on("response", (headers) => {
      status = Number(headers[":status"]);
    });
    stream.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
    });
    await once(stream, "end");
    client.close();
    assert.equal(status, 200);
    const seen = JSON.parse(text);
    assert.equal(seen.url, "/two");
    assert.equal(seen.body, "in a frame");
    assert.equal(seen.headers.host, host);
  });

  it("uses plain HTTP to the origin for visitors on HTTP, or redirects them to HTTPS if the zone says so", async () => {
    const plain = await serve(createHttpServer(echo));
    const onPlain = await testEdge(plain.port, { records: [proxied(host, plain.address)] });
    const { status, body } = await ask(onPlain, host, { scheme: "http" });
    assert.equal(status, 200);
    assert.equal(JSON.parse(body).headers["x-forwarded-proto"], "http");
    await onPlain.change({ zones: [zone({ alwaysUseHttps: true })] });
    const redirected = await ask(onPlain, host, { scheme: "http", path: "/lab?a=b" });
    assert.deepEqual([redirected.status, redirected.headers.location], [301, `https://${host}/lab?a=b`]);
    await onPlain.stop();
    await plain.close();
  });

  it("uses plain HTTP to the origin in mode flexible, and redirects visitors to HTTP in mode off", async () => {
    const plain = await serve(createHttpServer(echo));
    const onPlain = await testEdge(plain.port, {
      records: [proxied(host, plain.address)],
      zones: [zone({ ssl: "flexible" })],
    });
    assert.equal(JSON.parse((await ask(onPlain, host)).body).headers["x-forwarded-proto"], "https");
    await onPlain.change({ zones: [zone({ ssl: "off" })] });
    const redirected = await ask(onPlain, host);
    assert.deepEqual([redirected.status, redirected.headers.location], [301, `http://${host}/`]);
    await onPlain.stop();
    await plain.close();
  });
});

describe("the edge, on the origin's certificate", () => {
  const pairs = {
    "signed by the origin CA": good,
    "for another name": certificate(["other.example.test"], { issuer: originCa }),
    "signed by itself": certificate([host]),
    "signed by an untrusted authority": certificate([host], {
      issuer: certificate(["Nobody"], { isCa: true }),
    }),
    expired: certificate([host], { issuer: originCa, days: -1 }),
  };

  for (const [kind, pair] of Object.entries(pairs)) {
    const accepted = pair === good;
    it(`${accepted ? "accepts" : "refuses"} one ${kind} in mode strict, and accepts it in mode full`, async () => {
      const origin = await startOrigin(pair);
      const edge = await testEdge(origin.port, { records: [proxied(host, origin.address)] });
      const strict = await ask(edge, host);
      assert.equal(strict.status, accepted ? 200 : 526, strict.body);
      if (!accepted) assert.match(strict.body, /526: Invalid SSL certificate.*The origin's certificate: /s);
      await edge.change({ zones: [zone({ ssl: "full" })] });
      assert.equal((await ask(edge, host)).status, 200);
      await edge.stop();
      await origin.close();
    });
  }

  it("sends nothing to an origin whose certificate it refuses", async () => {
    let asked = 0;
    const origin = await startOrigin(pairs["signed by itself"], (_, response) => {
      asked++;
      response.end();
    });
    const edge = await testEdge(origin.port, { records: [proxied(host, origin.address)] });
    assert.equal((await ask(edge, host)).status, 526);
    assert.equal(asked, 0);
    await edge.stop();
    await origin.close();
  });
});

describe("the edge, with authenticated origin pulls", () => {
  const pull = certificate(["origin pull"], { issuer: certificate(["Pull CA"], { isCa: true }) });
  const other = "other.example.test";
  let origin: Origin;
  let edge: TestEdge;

  beforeAll(async () => {
    origin = await startOrigin(good, echo, { requestCert: true, rejectUnauthorized: false });
    edge = await testEdge(origin.port, { records: [proxied(host, origin.address), proxied(other, origin.address)] });
  });

  afterAll(async () => {
    await edge.stop();
    await origin.close();
  });

  const shownFor = async (name: string) => JSON.parse((await ask(edge, name)).body).client;

  it("presents the host's certificate while they are on, and only for this host", async () => {
    assert.equal(await shownFor(host), undefined);
    await edge.change({ clientCertificates: { [host]: pull } });
    assert.equal(await shownFor(host), "origin pull");
    assert.equal(await shownFor(other), undefined);
    await edge.change({ clientCertificates: { [host]: { ...pull, from: Date.now() + 60_000 } } });
    assert.equal(await shownFor(host), undefined);
    await edge.change({ clientCertificates: {} });
    assert.equal(await shownFor(host), undefined);
  });

  it("answers 520 if the origin closes the connection for lack of a certificate", async () => {
    const picky = await startOrigin(good, echo, {
      requestCert: true,
      rejectUnauthorized: true,
      ca: pull.certificate,
    });
    const before = await testEdge(picky.port, { records: [proxied(host, picky.address)] });
    assert.equal((await ask(before, host)).status, 520);
    await before.stop();
    await picky.close();
  });
});

describe("the edge, with a failing origin", () => {
  /** The edge's answer when the origin does this with every connection. */
  async function answerFrom(onConnection: (socket: Socket) => void, timeouts = {}): Promise<Answer> {
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => {
      sockets.push(socket.on("error", () => {}));
      onConnection(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.2", resolve));
    const { port } = server.address() as { port: number };
    const edge = await testEdge(port, { records: [proxied(host, "127.0.0.2")] }, timeouts);
    const answer = await ask(edge, host);
    for (const socket of sockets) socket.destroy();
    await edge.stop();
    await new Promise((resolve) => server.close(resolve));
    return answer;
  }

  function assertError({ status, headers, body }: Answer, error: { number: number; title: string }) {
    assert.equal(status, error.number, body);
    assert.equal(headers.server, "cloudflare");
    assert.match(body, new RegExp(`<title>${host} \\| ${error.number}: ${error.title}</title>`));
    assert.match(body, /a fake Cloudflare/);
  }

  it("answers 521 when nothing listens there", async () => {
    const edge = await testEdge(1, { records: [proxied(host, "127.0.0.2")] });
    assertError(await ask(edge, host), errors.refused);
    await edge.stop();
  });

  it("answers 522 when the connection is not accepted in time", async () => {
    // A stalled server: its queue takes two connections, and the kernel keeps all further ones waiting.
    const program =
      'const s = require("net").createServer().listen({ port: 0, host: "127.0.0.2", backlog: 1 }, () => console.log(s.address().port))';
    const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    const port = Number(String((await once(child.stdout, "data"))[0]));
    child.kill("SIGSTOP");
    const waiting = Array.from({ length: 4 }, () => connectTcp(port, "127.0.0.2").on("error", () => {}));
    await Promise.all(waiting.slice(0, 2).map((socket) => once(socket, "connect")));
    const edge = await testEdge(port, { records: [proxied(host, "127.0.0.2")] }, { connect: 300 });
    assertError(await ask(edge, host), errors.connectTimeout);
    await edge.stop();
    for (const socket of waiting) socket.destroy();
    child.kill("SIGKILL");
  });

  it("answers 525 when the origin closes during the handshake, speaks no TLS, or is silent", async () => {
    assertError(await answerFrom((socket) => socket.once("data", () => socket.destroy())), errors.handshake);
    assertError(await answerFrom((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")), errors.handshake);
    assertError(await answerFrom(() => {}, { connect: 300 }), errors.handshake);
  });

  it("answers 520 when the origin closes without an answer, and 524 when there is none in time", async () => {
    for (const [deed, error] of [
      ["close", errors.badAnswer],
      ["wait", errors.answerTimeout],
    ] as const) {
      const origin = await startOrigin(good, (message) => {
        if (deed === "close") message.socket.destroy();
      });
      const edge = await testEdge(origin.port, { records: [proxied(host, origin.address)] }, { answer: 300 });
      assertError(await ask(edge, host), error);
      await edge.stop();
      await origin.close();
    }
  });

  it("truncates an answer that the origin truncates", async () => {
    const origin = await startOrigin(good, (_, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("half", () => response.destroy());
    });
    const edge = await testEdge(origin.port, { records: [proxied(host, origin.address)] });
    await assert.rejects(ask(edge, host));
    await edge.stop();
    await origin.close();
  });
});

describe("the edge, with WebSockets", () => {
  let origin: Origin;
  let edge: TestEdge;
  const seen: Record<string, string | string[] | undefined>[] = [];

  beforeAll(async () => {
    origin = await startOrigin(good, (_, response) => response.writeHead(401).end("sign in first"));
    origin.server.on("upgrade", (message, socket, head) => {
      seen.push(message.headers);
      if (message.url === "/refused") {
        socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno");
        return;
      }
      const accept = createHash("sha1")
        .update(`${message.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.write(head);
      socket.on("error", () => {});
      socket.pipe(socket);
    });
    edge = await testEdge(origin.port, { records: [proxied(host, origin.address)] });
  });

  afterAll(async () => {
    await edge.stop();
    await origin.close();
  });

  async function upgrade(path: string, through = edge) {
    const socket = await visit(through, host);
    const request = httpRequest({
      createConnection: () => socket,
      path,
      headers: {
        host,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      },
    });
    request.end();
    return request;
  }

  it("passes them through, both ways, byte for byte", async () => {
    const [response, socket] = await once(await upgrade("/api/kernels"), "upgrade");
    assert.equal(response.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert.equal(response.headers.server, "cloudflare");
    assert.equal(seen.at(-1)?.["cf-connecting-ip"], "127.0.0.4");
    const sent = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 256));
    socket.write(sent);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) {
      chunks.push(chunk);
      if (Buffer.concat(chunks).length >= sent.length) break;
    }
    assert.ok(Buffer.concat(chunks).equals(sent));
  });

  it("passes a refusal on", async () => {
    const [response] = await once(await upgrade("/refused"), "response");
    assert.equal(response.statusCode, 403);
    assert.equal(response.headers.server, "cloudflare");
  });

  it("refuses them if the zone's setting is off", async () => {
    await edge.change({ zones: [zone({ webSockets: false })] });
    const before = seen.length;
    const [response] = await once(await upgrade("/api/kernels"), "response");
    assert.equal(response.statusCode, 403);
    assert.equal(seen.length, before);
    await edge.change({ zones: [zone()] });
  });

  it("closes one that is silent for too long", async () => {
    const impatient = await testEdge(origin.port, { records: [proxied(host, origin.address)] }, { idle: 200 });
    const [, socket] = await once(await upgrade("/api/kernels", impatient), "upgrade");
    socket.resume();
    await once(socket, "close");
    await impatient.stop();
  });

  it("cuts all of them when it restarts, and refuses new ones for a while", async () => {
    const restarting = await testEdge(origin.port, { records: [proxied(host, origin.address)] });
    const [, socket] = await once(await upgrade("/api/kernels", restarting), "upgrade");
    socket.resume();
    restarting.cutWebSockets(500);
    await once(socket, "close");
    await assert.rejects(once(await upgrade("/api/kernels", restarting), "upgrade"), /socket hang up/);
    await new Promise((resolve) => setTimeout(resolve, 600));
    const [, next] = await once(await upgrade("/api/kernels", restarting), "upgrade");
    next.destroy();
    await restarting.stop();
  });

  it("reports why the WebSocket failed when the origin is down", async () => {
    await edge.change({ records: [proxied(host, "127.0.0.99")] });
    const [response] = await once(await upgrade("/api/kernels"), "response");
    assert.equal(response.statusCode, 521);
    await edge.change({ records: [proxied(host, origin.address)] });
  });
});

describe("the edge, with kept-alive connections", () => {
  /** The statuses of two requests, the second after a pause, and the number of connections that the origin has seen. */
  async function askTwice(keepAliveTimeout: number, wait: number, timeouts: Partial<Timeouts> = {}) {
    // Node adds a second to the configured value.
    const origin = await startOrigin(good, echo, { keepAliveTimeout });
    Object.assign(origin.server, { keepAliveTimeoutBuffer: 0 });
    let connections = 0;
    origin.server.on("secureConnection", () => connections++);
    const edge = await testEdge(origin.port, { records: [proxied(host, origin.address)] }, timeouts);
    try {
      const first = await ask(edge, host);
      await sleep(wait);
      const second = await ask(edge, host, { method: "POST", body: "x" });
      return { statuses: [first.status, second.status], connections };
    } finally {
      await edge.stop();
      await origin.close();
    }
  }

  it("reuses one", async () => {
    assert.deepEqual(await askTwice(10_000, 50), { statuses: [200, 200], connections: 1 });
  });
  it("closes one that was idle for too long", async () => {
    assert.deepEqual(await askTwice(10_000, 400, { kept: 100 }), { statuses: [200, 200], connections: 2 });
  });
  it("answers 520 when the origin, with a shorter timeout, closes it at that moment", async () => {
    const late = { kept: 5000, notice: 3000 };
    assert.deepEqual(await askTwice(100, 700, late), { statuses: [200, 520], connections: 1 });
  });
  it("opens another one once it has noticed that the origin closed it", async () => {
    assert.deepEqual(await askTwice(100, 700), { statuses: [200, 200], connections: 2 });
  });

  it("answers 524 when the origin stops reading a body for too long", async () => {
    // Never reads: its socket's buffers fill.
    const origin = await startOrigin(good, (message) => message.pause());
    const zones = [zone({ maxBodyBytes: 100_000_000 })];
    const edge = await testEdge(origin.port, { zones, records: [proxied(host, origin.address)] }, { write: 300 });
    const { status } = await ask(edge, host, { method: "PUT", body: Buffer.alloc(50_000_000) });
    assert.equal(status, errors.writeTimeout.status);
    await edge.stop();
    await origin.close();
  });
});
