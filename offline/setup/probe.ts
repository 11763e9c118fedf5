/**
 * Prints, as JSON, which of the addresses in its arguments answer. A program of its own, because Node reads HTTPS_PROXY
 * (as machines behind a company's proxy set it) only at its start: NODE_USE_ENV_PROXY.
 */

/** Long enough for a slow line, short enough to wait for where packets are dropped silently. */
const patience = 5000;

async function answers(address: string): Promise<boolean> {
  try {
    const { status } = await fetch(address, { method: "HEAD", signal: AbortSignal.timeout(patience) });
    // An image registry asks everybody for a token first: 401 is its way to say that it is there.
    return status < 400 || status === 401;
  } catch {
    return false;
  }
}

const addresses = process.argv.slice(2);
const answered = await Promise.all(addresses.map(answers));
process.stdout.write(JSON.stringify(Object.fromEntries(addresses.map((address, index) => [address, answered[index]]))));
// An abandoned connection would keep the process for seconds more.
process.exit();
