/** The Pulumi program of ctrlCTwice.test.ts: a release on this machine that takes a while, by a program that SIGINT ends. */

const { ThisMachine } = await import(`${process.env.COMPONENTS}/host/localHost.ts`);

const host = new ThisMachine("host", { folder: "dev", port: 8443, httpPort: 8080, notebooks: "notebooks" });
// As `docker compose` below a program of the host: that one ignores SIGINT, and what it runs takes it up again.
const create = "trap '' INT; node slow.mjs >slow.log 2>&1; echo \"ended with $?\" >ended.new; mv ended.new ended";
host.command("release", { create, stdin: "" }, { parent: host });
