/**
 * Prints, as JSON, which of the addresses in its arguments answer. A separate program, because Node reads HTTPS_PROXY
 * (set on machines behind a company's proxy) only at its start: NODE_USE_ENV_PROXY.
 */

/** Long enough for a slow line, short enough to wait for when packets are dropped silently. */
const patience = 5000;

async function answers(address: string): Promise<boolean> {
  try {
    const { status } = await fetch(address, { method: "HEAD", signal: AbortSignal.timeout(patience) });
    // An image registry answers 401 without a token, which proves that it is reachable.
    return status < 400 || status === 401;
  } catch {
    return false;
  }
}

const addresses = process.argv.slice(2);
const answered = await Promise.all(addresses.map(answers));
process.stdout.write(JSON.stringify(Object.fromEntries(addresses.map((address, index) => [address, answered[index]]))));
// An abandoned connection would keep the process alive for seconds.
process.exit();
