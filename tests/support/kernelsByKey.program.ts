/** Uses kernels with a key: lists, starts, runs, interrupts and ends one; prints the results as JSON. */
import { kernelsAt, runCell } from "./kernelClient.ts";

const { ADDRESS = "", KEY = "" } = process.env;
const kernels = await kernelsAt(ADDRESS, { token: KEY });
const isListed = async (id: string) => {
  await kernels.refreshRunning();
  return [...kernels.running()].some((each) => each.id === id);
};
const kernel = await kernels.startNew({ name: "python3" });
const results = {
  listed: await isListed(kernel.id),
  run: await runCell(kernel, "x = 6\nprint(x * 7)"),
  interrupted: await runCell(kernel, "import time\nprint('begun', flush=True)\ntime.sleep(60)", () =>
    kernel.interrupt(),
  ),
  "run again": await runCell(kernel, "print(x)"),
  "listed after its end": await kernel.shutdown().then(() => isListed(kernel.id)),
};
console.log(JSON.stringify(results));
kernels.dispose();
