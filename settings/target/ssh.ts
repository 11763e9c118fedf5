import { z } from "zod";
import { format, kindOf, text, withFix } from "../issues.ts";
import { port } from "../port.ts";
import type { Sensitive } from "../sensitive.ts";

/** The user's own Debian or Ubuntu machine, reached by SSH (target ssh). */
export interface Ssh {
  kind: "ssh";
  /** Host name or address. */
  host: string;
  port: number;
  /** root, or a user with sudo without a password. */
  user: string;
  /** Private key in OpenSSH or PEM format, without a passphrase. */
  privateKey: Sensitive<string>;
  /** The machine's public host key, `ssh-ed25519 AAAA...`. */
  hostKey: string;
  /** Target of the site's DNS records: an IPv4 address, or `host` if the settings have none. */
  address: string;
}

const set = (part: string, value: string, setting = "ssh") => `pulumi config set --path ${setting}.${part} ${value}`;

export const setPrivateKey = (setting: string) =>
  `cat ~/.ssh/id_ed25519 | pulumi config set --secret --path ${setting}.privateKey`;
export const SET_PRIVATE_KEY = setPrivateKey("ssh");

/**
 * Whether a private key is encrypted. PEM has a header for it; OpenSSH's format names the cipher in its first field.
 */
function hasPassphrase(key: string): boolean {
  if (/^Proc-Type:.*ENCRYPTED|BEGIN ENCRYPTED/m.test(key)) return true;
  const body = /BEGIN OPENSSH PRIVATE KEY-----(.*?)-----END/s.exec(key)?.[1] ?? "";
  const cipher = Buffer.from(body, "base64").subarray("openssh-key-v1\0".length + 4);
  return body !== "" && !cipher.toString("latin1").startsWith("none");
}

/** A private key in OpenSSH or PEM format, without a passphrase, as `privateKey` of a setting. Secret. */
export const sshPrivateKey = (setting: string) =>
  z
    .string({
      error: (issue) => withFix(`expected a private key, found ${kindOf(issue.input)}.`, setPrivateKey(setting)),
    })
    .refine((key) => /^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(key.trim()), {
      error: withFix("this is not a private key in OpenSSH or PEM format.", setPrivateKey(setting)),
    })
    .refine((key) => !hasPassphrase(key), {
      error: withFix(
        "this private key has a passphrase, which nobody can type here. Create one without a passphrase, and put ~/.ssh/jupyter-up.pub on the machine:",
        `ssh-keygen -t ed25519 -N '' -f ~/.ssh/jupyter-up && cat ~/.ssh/jupyter-up | pulumi config set --secret --path ${setting}.privateKey`,
      ),
    })
    .transform((key) => `${key.trim()}\n`);

/** The public host key of a machine, `ssh-ed25519 AAAA...`, as `hostKey` of a setting. */
export const sshHostKey = (setting: string) =>
  text("the machine's host key", set("hostKey", '"ssh-ed25519 AAAA..."', setting))
    .trim()
    .refine((key) => /^(ssh-ed25519|ecdsa-sha2-nistp\d+|ssh-rsa) [A-Za-z0-9+/]+=*( .*)?$/.test(key), {
      error: withFix(
        "this is not a host key of the form `ssh-ed25519 AAAA...`. The machine has it in /etc/ssh/ssh_host_ed25519_key.pub:",
        set("hostKey", '"ssh-ed25519 AAAA..."', setting),
      ),
    });

export const ssh = z.strictObject(
  {
    /** Host name or IPv4 address. */
    host: text("a host", set("host", "203.0.113.7"))
      .trim()
      .refine((host) => /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(host), {
        error: (issue) =>
          withFix(`${format(issue.input)} is not a host name or an IPv4 address.`, set("host", "203.0.113.7")),
      })
      .optional(),
    /** Default: root. Any other user needs sudo without a password. */
    user: text("a user", set("user", "root"))
      .trim()
      .refine((user) => /^[a-z_][a-z0-9_.-]*$/i.test(user), {
        error: (issue) => withFix(`${format(issue.input)} is not a user name.`, set("user", "root")),
      })
      .default("root"),
    /** Default: 22. */
    port: port(set("port", "22")).default(22),
    /** Private key in OpenSSH or PEM format, without a passphrase. Secret. */
    privateKey: sshPrivateKey("ssh").optional(),
    /** The machine's public host key, `ssh-ed25519 AAAA...`. Nothing is sent to a machine that does not have it. */
    hostKey: sshHostKey("ssh").optional(),
    /** IPv4 address for the site's DNS records. Default: `host`, if that is an address. */
    address: z
      .ipv4({
        error: (issue) =>
          withFix(`${format(issue.input)} is not an IPv4 address, such as 203.0.113.7.`, set("address", "203.0.113.7")),
      })
      .optional(),
  },
  {
    error: (issue) =>
      issue.code === "invalid_type"
        ? withFix(
            `expected host, privateKey and hostKey, found ${kindOf(issue.input)}.`,
            `pulumi config rm ssh && ${set("host", "203.0.113.7")}`,
          )
        : undefined,
  },
);
