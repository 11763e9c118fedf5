/** Dex rejects hashes outside these costs. */
const lowestCost = 10;
const highestCost = 16;

const pattern = /^\$2[abxy]?\$(\d\d)\$[./A-Za-z0-9]{53}/;

/** The hash as bcrypt writes it; decodes base64 first. Throws Dex's message if it is not a bcrypt hash. */
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
 * Dex's objection to the cost of a hash; undefined if none. Dex checks it at sign-in only, so a bad cost does not
 * prevent the start.
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
