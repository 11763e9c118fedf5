import { connect } from "node:net";

/** Why Pulumi would fail: it asks the ssh agent that SSH_AUTH_SOCK names even where there is a key, and gives up when none answers. */
export async function deadAgent(socket = process.env.SSH_AUTH_SOCK): Promise<string | undefined> {
  if (!socket || (await answers(socket))) return undefined;
  return `SSH_AUTH_SOCK names an ssh agent that does not answer (${socket}), and Pulumi would give up at it. Forget the agent, which is not needed here, and run pulumi again:\n    unset SSH_AUTH_SOCK`;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
