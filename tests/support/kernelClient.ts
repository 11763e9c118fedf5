/** JupyterLab's library in Node, in a program that a test starts: it uses the kernels of a site on this machine. */
import dns from "node:dns";
import { type Kernel, KernelManager, ServerConnection } from "@jupyterlab/services";

/**
 * The kernels at an address.
 * @param settings what the library needs to get in, besides the address
 */
export async function kernelsAt(
  address: string,
  settings: Partial<ServerConnection.ISettings>,
): Promise<Kernel.IManager> {
  // The library opens connections by itself, and the site is on this machine.
  const lookup = dns.lookup as (...args: unknown[]) => void;
  Object.assign(dns, { lookup: (_name: string, ...rest: unknown[]) => lookup("127.0.0.1", ...rest) });
  // The library says there what it does.
  console.debug = console.warn = () => {};
  const kernels = new KernelManager({
    serverSettings: ServerConnection.makeSettings({ baseUrl: address, ...settings }),
  });
  await kernels.ready;
  return kernels;
}

/**
 * Runs a cell. Returns what it prints, and how it ends.
 * @param onPrinted called with what it has printed until then
 */
export async function runCell(
  kernel: Kernel.IKernelConnection,
  code: string,
  onPrinted: (printed: string) => void = () => {},
): Promise<[printed: string, end: string]> {
  let printed = "";
  const running = kernel.requestExecute({ code });
  running.onIOPub = ({ header, content }) => {
    if (header.msg_type !== "stream" || !("text" in content)) return;
    printed += content.text;
    onPrinted(printed);
  };
  const { content } = await running.done;
  return [printed, content.status === "error" ? content.ename : content.status];
}
