/** Uses Jupyter with a key from outside, by JupyterLab's library in Node; prints the results as JSON. */
import dns from "node:dns";
import { type Kernel, KernelManager, ServerConnection } from "@jupyterlab/services";

const { ADDRESS = "", KEY = "" } = process.env;
// The library opens connections by itself, and the site is on this machine.
const lookup = dns.lookup as (...args: unknown[]) => void;
Object.assign(dns, { lookup: (_name: string, ...rest: unknown[]) => lookup("127.0.0.1", ...rest) });
// The library logs there.
console.debug = console.warn = () => {};

const serverSettings = ServerConnection.makeSettings({ baseUrl: ADDRESS, token: KEY });
const kernels = new KernelManager({ serverSettings });
await kernels.ready;
const isRunning = async (id: string) => {
  await kernels.refreshRunning();
  return [...kernels.running()].some((each) => each.id === id);
};

/** Runs a cell: what it prints, and how it ends. */
async function run(kernel: Kernel.IKernelConnection, code: string, onPrinted = () => {}): Promise<[string, string]> {
  let printed = "";
  const running = kernel.requestExecute({ code });
  running.onIOPub = ({ header, content }) => {
    if (header.msg_type !== "stream" || !("text" in content)) return;
    printed += content.text;
    onPrinted();
  };
  const { content } = await running.done;
  return [printed, content.status === "error" ? content.ename : content.status];
}

const kernel = await kernels.startNew({ name: "python3" });
const results = {
  listed: await isRunning(kernel.id),
  run: await run(kernel, "x = 6\nprint(x * 7)"),
  interrupted: await run(kernel, "import time\nprint('begun', flush=True)\ntime.sleep(60)", () => kernel.interrupt()),
  "run again": await run(kernel, "print(x)"),
  "listed after its end": await kernel.shutdown().then(() => isRunning(kernel.id)),
};
console.log(JSON.stringify(results));
kernels.dispose();
