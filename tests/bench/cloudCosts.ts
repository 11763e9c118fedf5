import { writeFile } from "node:fs/promises";
import { run } from "../../scripts/cli/command.ts";
import { PlainError } from "../../scripts/cli/plainError.ts";
import { CloudStack, onGoogle } from "../e2e/support/cloudStack.ts";
import { byTurns, rounded } from "./figures.ts";
import type { Result } from "./result.ts";

const ROUNDS = 3;

/**
 * `pulumi up` on a VM of the fake cloud: from nothing, and with a changed allow list. The second is compared with the
 * minimum of any method: an SSH connection and `docker compose up` with nothing to do.
 */
export async function cloudCosts(imageMirror: string | undefined): Promise<Result[]> {
  if (imageMirror === undefined) return [];
  const stack = await CloudStack.make(onGoogle);
  try {
    const { whole, seconds } = await timed(stack, {});
    const login = await loginOf(stack);
    const { value, beside, ratio } = await byTurns(
      ROUNDS,
      async (round) => (await timed(stack, { allow: ["you@example.com", `person-${round}@example.com`] })).whole,
      () => bareTime(login),
    );
    return [
      {
        what: "pulumi up on a VM of the fake cloud, from nothing",
        value: rounded(whole),
        unit: "s",
        aim: "",
      },
      ...Object.entries(seconds)
        .filter(([, value]) => value > 1)
        .map(([step, value]) => ({ what: `  of which ${step}`, value, unit: "s", aim: "" })),
      {
        what: "pulumi up of a changed allow list on a VM",
        value,
        unit: "s",
        beside: { what: "ssh, and docker compose up with nothing to do", value: beside },
        ratio,
        aim: "",
      },
    ];
  } finally {
    await stack.destroy();
    await stack.remove();
  }
}

async function timed(stack: CloudStack, changes: Record<string, unknown>) {
  const began = performance.now();
  const { code, text, seconds } = await stack.up(changes);
  if (code !== 0) throw new PlainError("pulumi up failed in the fake cloud.", text);
  return { whole: (performance.now() - began) / 1000, seconds };
}

/** The stack's output `ssh` without the part that fetches the key, which is done here. */
async function loginOf(stack: CloudStack): Promise<string> {
  const key = `${stack.cloud.folder}/key`;
  await writeFile(key, `${await stack.output("sshKey")}\n`, { mode: 0o600 });
  const [, login = ""] = (await stack.output("ssh")).split(/ && (?=ssh )/);
  return login.replace(/~\/\.ssh\/\S+/g, key);
}

async function bareTime(login: string): Promise<number> {
  const began = performance.now();
  const release =
    "sudo -n docker compose --project-name jupyter-up-lab --file /opt/jupyter-up/current/compose.yaml up --detach --no-recreate";
  await run("ssh and docker compose up", "sh", ["-c", `${login} '${release}'`]);
  return (performance.now() - began) / 1000;
}
