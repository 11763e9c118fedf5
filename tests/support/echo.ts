/**
 * An HTTP server on port 8888, or that of its argument, that answers with the request as JSON, and sends the headers that the query names:
 * `/path?content-security-policy=...`. It accepts any WebSocket, and 64 KB of headers like Jupyter's Tornado. For `/hang-up` it
 * closes the connection without an answer.
 */
import { createHash } from "node:crypto";
import { createServer } from "node:http";

let hungUp = 0;

const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
  const url = new URL(request.url ?? "/", "http://echo");
  if (url.pathname === "/hang-up") {
    hungUp++;
    request.socket.destroy();
    return;
  }
  for (const [name, value] of url.searchParams) response.setHeader(name, value);
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ url: request.url, headers: request.headers, from: request.socket.remotePort, hungUp }));
});
server.on("upgrade", (request, socket) => {
  const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash("sha1").update(key).digest("base64");
  const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
  socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join("\r\n")}\r\n\r\n`);
  socket.on("error", () => socket.destroy());
});
server.listen(Number(process.argv[2] ?? 8888), () => console.log("ready"));
