import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, it } from "@jest/globals";
import { provisionProgram } from "../../../files/host/provision.ts";
import { run } from "../../support/command.ts";
import { imageMirror, pullImages } from "../../support/images.ts";
import { releaseText } from "../../support/release.ts";
import { serviceOf, siteWith } from "../../support/site.ts";
import { type SystemdHost, systemdHost } from "../../support/systemdHost.ts";

const { reference: nginx } = serviceOf(siteWith({ settings: { imageMirror } }), "nginx").image;
const skip = process.getuid?.() !== 0 && "only root can boot a machine";

/**
 * The machine has bridges with the names of the site's networks, and programs behind them. It has no rules of Docker, as a machine
 * has none for the milliseconds in which Docker changes them.
 */
(skip ? describe.skip : describe)("The firewall of a machine without Docker's own rules", () => {
  const project = `jupyter-up-rendered-${randomUUID().slice(0, 8)}`;
  let host: SystemdHost;

  const inMachine = async (script: string) => {
    const { code, output } = await host.run("sh", "-euc", script);
    assert.equal(code, 0, output);
    return output.trim();
  };
  const provision = (...lines: string[]) =>
    host.run("sh", "-c", provisionProgram().replace(/^main "\$@"$/m, lines.join("\n")), "provision", "/srv/jupyter-up");
  const release = () => {
    const service = { image: nginx, entrypoint: ["sleep", "1000"], stop_signal: "SIGKILL" };
    const services = {
      web: { ...service, networks: ["a", "b"] },
      "web-check": { image: nginx, entrypoint: ["true"], profiles: ["check"], network_mode: "none" },
    };
    const content = `${JSON.stringify({ services, networks: { a: null, b: null } })}\n`;
    const manifest = { project, images: [{ reference: nginx, size_mib: 1 }], networks: ["a", "b"] };
    return host.apply("release", releaseText(manifest, content));
  };
  /** Whether a program reaches another one, by their names below. */
  const reaches = async (from: string, to: string) =>
    (await host.run("ip", "netns", "exec", from, "curl", "-sS", "-m", "3", "-o", "/dev/null", `http://${places[to]}/`))
      .code === 0;

  /** Programs by name: two behind the bridge a, one behind b, one outside of the site's networks, and their addresses. */
  const places: Record<string, string> = {
    a1: "10.91.1.2",
    a2: "10.91.1.3",
    b1: "10.91.2.2",
    outside: "10.91.3.2",
  };

  beforeAll(async () => {
    await pullImages([nginx]);
    host = await systemdHost();
    for (const made of [await provision('mkdir -p "$own"', "guard_metadata"), await release()])
      assert.equal(made.code, 0, made.output);
    const bridgeOf = async (network: string) =>
      `br-${(await run("docker", ["network", "inspect", "--format", "{{.Id}}", `${project}_${network}`])).output.slice(0, 12)}`;
    const bridges: Record<string, string> = { a: await bridgeOf("a"), b: await bridgeOf("b"), o: "br-other" };
    // Packets within a network are filtered, as on most machines with Docker.
    await inMachine(`
      mkdir -p /run/settings && mount -t proc proc /run/settings
      echo 1 >/run/settings/sys/net/ipv4/ip_forward
      echo 1 >/run/settings/sys/net/bridge/bridge-nf-call-iptables`);
    for (const [index, bridge] of Object.values(bridges).entries())
      await inMachine(`
        ip link add ${bridge} type bridge
        ip address add 10.91.${index + 1}.1/24 dev ${bridge}
        ip link set ${bridge} up`);
    for (const [name, address] of Object.entries(places))
      await inMachine(`
        ip netns add ${name}
        ip link add to-${name} type veth peer name eth0 netns ${name}
        ip link set to-${name} master ${bridges[name[0] ?? ""]} up
        ip netns exec ${name} sh -c 'ip link set lo up; ip address add ${address}/24 dev eth0; ip link set eth0 up
          ip route add default via ${address.replace(/\d+$/, "1")}'
        systemd-run --quiet ip netns exec ${name} python3 -m http.server --directory /run/settings/sys/net 80`);
  });
  afterAll(async () => {
    await host?.apply(["down", project]);
    await host?.remove();
  });

  it("lets programs of one network reach each other, and the rest of the world", async () => {
    for (const [from, to] of [
      ["a1", "a2"],
      ["a2", "a1"],
      ["a1", "outside"],
      ["outside", "b1"],
    ] as const)
      assert.equal(await reaches(from, to), true, `${from} ${to}`);
  });

  it("keeps programs of different networks apart", async () => {
    for (const [from, to] of [
      ["a1", "b1"],
      ["b1", "a2"],
    ] as const)
      assert.equal(await reaches(from, to), false, `${from} ${to}`);
    // Otherwise, this test would not show anything.
    await inMachine("nft flush chain inet jupyter_up between_networks");
    assert.equal(await reaches("a1", "b1"), true);
    assert.deepEqual(await host.apply("machine"), { code: 0, output: "" });
    assert.equal(await reaches("a1", "b1"), false);
  });

  it("is complete for an earlier version, which names only the bridges", async () => {
    const rules = host.read("etc/bridges.nft");
    const earlier = rules
      .split("\n")
      .filter((line) => / bridges( |$)/.test(line))
      .join("\n");
    await inMachine(`nft -f /opt/jupyter-up/etc/metadata.nft && echo '${earlier}' | nft -f -`);
    assert.equal(await reaches("a1", "a2"), true);
    assert.deepEqual(await host.apply("machine"), { code: 0, output: "" });
    assert.equal(await reaches("a1", "b1"), false);
    // An earlier version's table has no such chain, and reads this version's file at boot.
    await inMachine(`nft delete table inet jupyter_up
      echo 'table inet jupyter_up { set bridges { type ifname; }; }' | nft -f - && echo '${rules}' | nft -f -`);
  });
});
