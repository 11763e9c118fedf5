/** Dex takes no cheaper and no dearer hashes. */
const lowestCost = 10;
const highestCost = 16;

const pattern = /^\$2[abxy]?\$(\d\d)\$[./A-Za-z0-9]{53}/;

/** The hash as bcrypt writes it, also if it came in base64. Throws in Dex's words if it is none. */
export function bcryptHash(text: string): string {
  if (text === "") throw new Error("no password hash provided");
  const decoded = Buffer.from(text, "base64").toString("latin1");
  const found = [text, decoded].find((hash) => pattern.test(hash));
  if (found === undefined) {
    throw new Error("malformed bcrypt hash: crypto/bcrypt: hashedSecret too short to be a bcrypted password");
  }
  return found;
}

/**
 * What Dex objects to in the cost of a hash; undefined if nothing. It looks at a sign-in only, so that a bad cost is no
 * reason not to start.
 */
export function costIssue(hash: string): string | undefined {
  const cost = Number(pattern.exec(hash)?.[1]);
  if (cost < lowestCost) {
    return `given hash cost = ${cost} does not meet minimum cost requirement = ${lowestCost}`;
  }
  if (cost > highestCost) {
    return `given hash cost = ${cost} is above upper bound cost = ${highestCost}, recommended cost = 12`;
  }
  return undefined;
}
