/**
 * A page of a person with a session: a cell counts, and the page shows the numbers. Says "begun" after the first one. After half of them, it
 * starts another kernel. Prints as JSON what happened.
 */
import { kernelsAt, runCell } from "./kernelClient.ts";

const { ADDRESS = "", COOKIE = "", SECONDS = "" } = process.env;
const numbers = Number(SECONDS) * 20;
// Jupyter compares this cookie with the header.
const cookie = `${COOKIE}; _xsrf=00`;
class WithCookie extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, { protocols: protocols ?? [], headers: { cookie } });
  }
}
const kernels = await kernelsAt(ADDRESS, {
  init: { headers: { cookie, "X-XSRFToken": "00" } },
  WebSocket: WithCookie as never,
});
const kernel = await kernels.startNew({ name: "python3" });
await runCell(kernel, "1");
const cuts: string[] = [];
kernel.connectionStatusChanged.connect((_, status) => cuts.push(status));

let another: Promise<[string, string]> | undefined;
const [printed, end] = await runCell(
  kernel,
  `import time\nfor n in range(${numbers}): print(n, flush=True); time.sleep(0.05)`,
  (printed) => {
    if (printed === "0\n") console.log("begun");
    if (printed.includes(`\n${numbers / 2}\n`))
      another ??= kernels.startNew({ name: "python3" }).then((started) => runCell(started, "print('another')"));
  },
);
console.log(
  JSON.stringify({
    end,
    isWhole: printed === Array.from({ length: numbers }, (_, n) => `${n}\n`).join(""),
    cuts,
    another: await another,
  }),
);
await kernels.shutdownAll();
kernels.dispose();
