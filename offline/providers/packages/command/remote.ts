import { constants } from "node:os";
import type { Client } from "ssh2";
import type { CheckFailure, Operation } from "../../resource.ts";
import { type CommandInputs, commandResource, commonFields, previousOutputVariables } from "./command.ts";
import { type Connection, dial } from "./connection.ts";
import { failuresOf, type Struct } from "./fields.ts";
import { type Output, OutputCollector } from "./output.ts";

type RemoteCommandInputs = CommandInputs & { connection: Connection };

/** `command:remote:Command`: runs commands on a host by SSH, in the login shell of its user. */
export const remoteCommand = commandResource<RemoteCommandInputs>(run, {
  check: (inputs) => {
    const failures = failuresOf(inputsStruct, inputs);
    return failures.length > 0 ? failures : refuseWhatIsNotServed(inputs);
  },
  checked: normalize,
  normalize,
  secrets: ["connection", ...["password", "privateKey", "privateKeyPassword"].map((name) => `connection.${name}`)],
});

const connectionFields = {
  user: "string",
  password: "string",
  host: "string",
  port: "float64",
  privateKey: "string",
  privateKeyPassword: "string",
  agentSocketPath: "string",
  dialErrorLimit: "float64",
  perDialTimeout: "float64",
  hostKey: "string",
} as const;

const proxyStruct: Struct = { name: "remote.ProxyConnection", fields: connectionFields, required: ["host"] };

const connectionStruct: Struct = {
  name: "remote.Connection",
  fields: { ...connectionFields, proxy: proxyStruct },
  required: ["host"],
};

const inputsStruct: Struct = {
  name: "remote.CommandInputs",
  fields: {
    ...commonFields,
    stdin: "string",
    logging: "remote.Logging",
    connection: connectionStruct,
    environment: "map[string]string",
    addPreviousOutputInEnv: "bool",
  },
  required: ["connection"],
};

/** Setting a default explicitly is not a change. */
function normalize(inputs: RemoteCommandInputs): RemoteCommandInputs {
  if (typeof inputs.connection !== "object") return inputs;
  const defaults = { user: "root", port: 22, dialErrorLimit: 10, perDialTimeout: 15 };
  return { ...inputs, connection: { ...defaults, ...inputs.connection } };
}

function refuseWhatIsNotServed({ environment, connection }: RemoteCommandInputs): CheckFailure[] {
  const failures: CheckFailure[] = [];
  if (environment !== undefined) {
    const reason = "sshd refuses variables that its AcceptEnv does not name: write NAME=value in front of the command";
    failures.push({ property: "environment", reason });
  }
  if (connection.proxy !== undefined) {
    failures.push({
      property: "connection",
      reason: "the fake provider command knows no proxy: leave connection.proxy out",
    });
  }
  return failures;
}

async function run(
  command: string,
  inputs: RemoteCommandInputs,
  previous: Output,
  operation: Operation,
): Promise<Output> {
  const client = await dial(inputs.connection, operation);
  // A killed plugin has dropped its connections; the script on the host notices at its next write.
  const letGo = () => client.destroy();
  operation.abandoned.addEventListener("abort", letGo, { once: true });
  try {
    // sshd's default configuration accepts none of these variables, so none is sent.
    for (const name of Object.keys(previousOutputVariables(inputs, previous))) {
      operation.log("warning", setenvWarning(name));
    }
    const collector = new OutputCollector(inputs.logging, operation.status);
    const failed = await execute(client, command, inputs.stdin ?? "", collector);
    collector.end();
    if (failed !== undefined) throw collector.failure(failed, command);
    return collector.output;
  } finally {
    operation.abandoned.removeEventListener("abort", letGo);
    // The real provider closes only the session; its connections end with the CLI. This server outlives many CLIs.
    client.end();
  }
}

/**
 * Runs until the host closes the channel; Ctrl-C does not end it. Returns the error in the words of Go's ssh package.
 */
function execute(
  client: Client,
  command: string,
  stdin: string,
  collector: OutputCollector,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    // All listeners must exist before this callback returns: a fast command's exit arrives in the same packet.
    client.exec(command, (error, channel) => {
      if (error !== undefined) {
        reject(error);
        return;
      }
      let problem: string | undefined = "wait: remote command exited without exit status or exit signal";
      channel.on("exit", (code: number | null, signal?: string, _dumped?: boolean, reason?: string) => {
        problem = exitProblem(code, signal, reason);
      });
      channel.once("close", () => resolve(problem));
      channel.on("data", (chunk: Buffer) => collector.write("stdout", chunk));
      channel.stderr.on("data", (chunk: Buffer) => collector.write("stderr", chunk));
      // A command may end without having read all of its input.
      channel.on("error", () => {});
      channel.end(stdin);
    });
  });
}

function exitProblem(code: number | null, signal?: string, reason?: string): string | undefined {
  if (code === 0) return undefined;
  if (signal === undefined) return `Process exited with status ${code}`;
  const name = signal.replace(/^SIG/, "");
  const number = numberedSignals.includes(name) ? constants.signals[`SIG${name}` as NodeJS.Signals] : 0;
  const because = reason ? `. Reason was: ${reason}` : "";
  return `Process exited with status ${128 + number} from signal ${name}${because}`;
}

/** The signals of RFC 4254 whose number Go knows. */
const numberedSignals = ["ABRT", "ALRM", "FPE", "HUP", "ILL", "INT", "KILL", "PIPE", "QUIT", "SEGV", "TERM"];

function setenvWarning(name: string): string {
  return `Unable to set '${name}'. This only works if your SSH server is configured to accept
\tthese variables via AcceptEnv. Alternatively, if a Bash-like shell runs the command on the remote host, you could
\tprefix the command itself with the variables in the form 'VAR=value command'`;
}
