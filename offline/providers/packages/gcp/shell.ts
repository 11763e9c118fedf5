import { setTimeout as pause } from "node:timers/promises";
import ssh2 from "ssh2";

/** A machine's shell, over SSH. */
export interface Shell {
  /** The command's standard output. Throws with its standard error if it fails. */
  run(command: string): Promise<string>;
  end(): void;
}

interface Target {
  host: string;
  /** Default: 22. */
  port?: number;
  username: string;
  privateKey: string;
  /** In base64, as in the middle of a public key's line. Any, when undefined. */
  hostKey?: string | undefined;
  /** Source address. Default: 127.0.0.1. */
  localAddress?: string;
  /** How often to try, four times a second, for at most half a minute. Default: 80. */
  tries?: number;
}

/** Connects as soon as the machine accepts the key. */
export async function connectTo({ tries = 80, ...target }: Target): Promise<Shell> {
  const deadline = performance.now() + 30_000;
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect(target);
    } catch (error) {
      if (attempt >= tries || performance.now() > deadline) throw error;
      await pause(250);
    }
  }
}

function connect({ hostKey, ...target }: Omit<Target, "tries">): Promise<Shell> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client
      .once("ready", () => resolve({ run: (command) => run(client, command), end: () => client.end() }))
      .once("close", () => reject(new Error("Connection lost")))
      .on("error", reject)
      .connect({
        readyTimeout: 5000,
        hostVerifier: (key: Buffer) => hostKey === undefined || key.toString("base64") === hostKey,
        ...target,
      });
  });
}

function run(client: ssh2.Client, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    client.once("close", () => reject(new Error(`Connection lost in: ${command}`)));
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      let [output, errors] = ["", ""];
      channel.on("data", (chunk: Buffer) => {
        output += chunk;
      });
      channel.stderr.on("data", (chunk: Buffer) => {
        errors += chunk;
      });
      channel.on("close", (code: number | null) => {
        if (code === 0) resolve(output);
        else reject(new Error(`${command} ended with ${code}: ${errors}${output}`));
      });
      channel.end();
    });
  });
}
