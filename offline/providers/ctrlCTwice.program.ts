/** The Pulumi program of ctrlCTwice.test.ts: a slow release on this machine, run by a program that SIGINT ends. */

const { ThisMachine } = await import(`${process.env.COMPONENTS}/host/localHost.ts`);

const host = new ThisMachine("host", { folder: "dev", port: 8443, httpPort: 8080, notebooks: "notebooks" });
// Like `docker compose` below the host program: the program ignores SIGINT, and its child handles it again.
const create = "trap '' INT; node slow.mjs >slow.log 2>&1; echo \"ended with $?\" >ended.new; mv ended.new ended";
host.command("release", { create, stdin: "" }, { parent: host });
