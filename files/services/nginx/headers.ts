import { EDGE_HEADERS } from "./edge.ts";

/** Headers of every response; `always` includes error pages. */
export function headers(isPublic: boolean, isBehindEdge: boolean): string {
  // Not with a private authority: HSTS would remove the browser's way to proceed in spite of a warning.
  const hsts = 'add_header Strict-Transport-Security "max-age=63072000" always;\n';
  return `# Headers of every response. A location with its own add_header includes this file again.
${isPublic ? hsts : ""}add_header X-Content-Type-Options nosniff always;
add_header Referrer-Policy same-origin always;
${isBehindEdge ? EDGE_HEADERS : ""}`;
}
