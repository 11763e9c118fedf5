import { connect } from "node:net";

/**
 * The message for an ssh agent that does not answer. Pulumi contacts the agent in SSH_AUTH_SOCK even if it has a key, and
 * fails if the agent does not answer.
 */
export async function deadAgent(socket = process.env.SSH_AUTH_SOCK): Promise<string | undefined> {
  if (!socket || (await answers(socket))) return undefined;
  return `SSH_AUTH_SOCK names an ssh agent that does not answer (${socket}), and Pulumi would fail. The agent is not needed here: unset it, and run pulumi again:\n    unset SSH_AUTH_SOCK`;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
