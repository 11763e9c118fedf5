import { z } from "zod";

/**
 * Everything a user can ask for. The schema is the type and the documentation: each setting says what it is,
 * its default stands in Pulumi.yaml, and each fault is worded here, ending in the command that mends it.
 */

/** A fault as the user reads it: one or two plain sentences, then the command that mends it on a line of its own. */
function fault(sentence: string, command: string): string {
  return `${sentence}\n${command}`;
}

const shown = (value: unknown) => (value === undefined ? "nothing" : JSON.stringify(value));

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Room for the longest name that is put in front of a domain, within DNS's 253 characters. */
const LONGEST_DOMAIN = 253 - "jupyter.".length;
// Narrower than RFC 5321 on purpose: these characters need no quoting in any file that an address ends up in.
const ADDRESS = /^[a-z0-9_%+'&=~!#/-]+(\.[a-z0-9_%+'&=~!#/-]+)*@([a-z0-9-]+\.)+[a-z0-9-]+$/;
const LONGEST_ADDRESS = 254;

const DOMAIN_EXAMPLE = "pulumi config set domain lab.example.com";

function whatIsWrongWithDomain(domain: string): string | undefined {
  if (/^[a-z]+:\/\//.test(domain)) return "is an address of a page; only the domain's name belongs here";
  if (/[/?#@]/.test(domain)) return "has characters that no domain has; only the domain's name belongs here";
  if (/:\d*$/.test(domain)) return "has a port in it; the port has a setting of its own (port)";
  if (domain.includes("*")) return "has a * in it; the site's names are put in front of the domain by itself";
  if (domain.endsWith(".")) return "ends in a dot, which browsers and certificates do not take";
  if (/^\d+(\.\d+){3}$/.test(domain))
    return "is an IP address; the site needs a name, because each part of it has its own";
  const labels = domain.split(".");
  if (labels.length < 2)
    return "has one label only, and browsers refuse sign-in cookies for such a domain; it needs two or more";
  const bad = labels.find((label) => !LABEL.test(label));
  if (bad === "") return "has an empty label (two dots in a row, or one in front)";
  if (bad !== undefined) return `has the label "${bad}": letters, digits and inner hyphens only, 63 characters at most`;
  if (/^\d+$/.test(labels.at(-1) ?? "")) return "ends in a number, which no domain does";
  if (domain.length > LONGEST_DOMAIN) return `is ${domain.length} characters long; ${LONGEST_DOMAIN} is the most`;
  return undefined;
}

/** Base domain of the site's names. DNS form, two labels or more; lower-cased. */
const domain = z
  .string()
  .transform((text) => text.trim().toLowerCase())
  .superRefine((text, context) => {
    const wrong = whatIsWrongWithDomain(text);
    if (wrong) context.addIssue({ code: "custom", message: fault(`"${text}" ${wrong}.`, DOMAIN_EXAMPLE) });
  });

/** Images of Jupyter Docker Stacks that can serve JupyterLab. https://jupyter-docker-stacks.readthedocs.io */
const STACKS = [
  "base-notebook",
  "minimal-notebook",
  "scipy-notebook",
  "r-notebook",
  "julia-notebook",
  "datascience-notebook",
  "tensorflow-notebook",
  "pytorch-notebook",
  "pyspark-notebook",
  "all-spark-notebook",
];
const STACKS_REGISTRY = "quay.io/jupyter";

/** Jupyter's image repository, in full: `quay.io/jupyter/scipy-notebook`. */
const image = z
  .string()
  .trim()
  .transform((name) => (name.includes("/") ? name : `${STACKS_REGISTRY}/${name}`))
  .superRefine((repository, context) => {
    const refuse = (sentence: string, command = "pulumi config set image scipy-notebook") =>
      context.addIssue({ code: "custom", message: fault(sentence, command) });
    const tagged = /^(?<name>.+):(?<tag>[^:/]+)$/.exec(repository)?.groups;
    if (repository.includes("@"))
      return refuse(
        `"${repository}" has a digest in it; name the image alone, its version has a setting of its own (imageTag).`,
      );
    if (tagged)
      return refuse(
        `"${repository}" has a tag in it; the tag has a setting of its own.`,
        `pulumi config set image ${tagged.name?.replace(`${STACKS_REGISTRY}/`, "")} && pulumi config set imageTag ${tagged.tag}`,
      );
    if (!/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/.test(repository))
      return refuse(`"${repository}" is no name of an image (lower-case letters, digits, and . _ - / between them).`);
    if (repository.startsWith(`${STACKS_REGISTRY}/`) && !STACKS.includes(repository.slice(STACKS_REGISTRY.length + 1)))
      return refuse(`"${repository}" is none of the images with JupyterLab in them: ${STACKS.join(", ")}.`);
  });

/** Tag of Jupyter's image. At quay.io/jupyter a date, `2026-08-08`; a moving tag would change the site without a release. */
const imageTag = z.string().trim();

/** Registry through which all images are pulled, `host[:port][/path]`; absent: from their own registries. */
const imageMirror = z
  .string()
  .trim()
  .superRefine((mirror, context) => {
    if (mirror === "" || /^[a-z0-9.-]+(:\d{1,5})?(\/[a-z0-9._-]+)*$/.test(mirror)) return;
    const bare = mirror.replace(/^[a-z]+:\/\//, "").replace(/\/+$/, "");
    const wrong =
      bare === mirror
        ? "is no registry's name"
        : "must be a registry's name alone, without https:// and without a slash at the end";
    context.addIssue({
      code: "custom",
      message: fault(
        `"${mirror}" ${wrong}.`,
        `pulumi config set imageMirror ${bare.toLowerCase() || "registry.example.com"}`,
      ),
    });
  })
  .transform((mirror) => mirror || undefined);

const ALLOW_EXAMPLE = "pulumi config set --path 'allow[0]' ann@example.com";

function whatIsWrongWithEntry(entry: string): string | undefined {
  if (entry === "") return "is empty";
  if (entry.includes("*")) return "has a * in it. A whole domain is written @example.com";
  if (entry.length > LONGEST_ADDRESS)
    return `is ${entry.length} characters long; ${LONGEST_ADDRESS} is the most an address has`;
  const asAddress = entry.startsWith("@") ? `someone${entry}` : entry;
  if (!entry.includes("@")) return "has no @ in it. An address is written ann@example.com, a whole domain @example.com";
  if (!ADDRESS.test(asAddress)) return "is neither an address (ann@example.com) nor a domain (@example.com)";
  return undefined;
}

/** Who may come in: addresses and `@domains`, lower-cased, each once. */
const allow = z
  .array(
    z
      .string({ error: (issue) => fault(`${shown(issue.input)} is no text.`, ALLOW_EXAMPLE) })
      .transform((entry) => entry.trim().toLowerCase()),
    { error: (issue) => fault(`expected a list of addresses, found ${shown(issue.input)}.`, ALLOW_EXAMPLE) },
  )
  .superRefine((entries, context) => {
    if (entries.length === 0)
      context.addIssue({
        code: "custom",
        message: fault("nobody could sign in, the list is empty. Add an address or a domain:", ALLOW_EXAMPLE),
      });
    for (const [index, entry] of entries.entries()) {
      const wrong =
        entries.indexOf(entry) < index
          ? "is on the list twice (letter case makes no difference)"
          : whatIsWrongWithEntry(entry);
      if (!wrong) continue;
      const mend = wrong.startsWith("is on")
        ? `pulumi config rm --path 'allow[${index}]'`
        : `pulumi config set --path 'allow[${index}]' ann@example.com`;
      context.addIssue({ code: "custom", path: [index], message: fault(`"${entry}" ${wrong}.`, mend) });
    }
  });

const USER_EXAMPLE = "pulumi config set --path 'signIn.users[0].email' ann@example.com";
/** Dex refuses cheaper hashes than cost 10, and a sign-in at cost 16 takes seconds of a small machine's CPU. */
const BCRYPT = /^\$2[aby]\$1[0-5]\$[./A-Za-z0-9]{53}$/;

/** A user of the built-in provider. Without `passwordHash` a password is generated and kept in the stack's secrets. */
const dexUser = z.strictObject({
  /** Address to sign in with. */
  email: z
    .string({
      error: (issue) => fault(`a user needs an address to sign in with, found ${shown(issue.input)}.`, USER_EXAMPLE),
    })
    .transform((email) => email.trim().toLowerCase())
    .refine((email) => ADDRESS.test(email) && email.length <= LONGEST_ADDRESS, {
      error: (issue) => fault(`"${issue.input}" is no address.`, USER_EXAMPLE),
    }),
  /** Name shown in JupyterLab, at most 64 characters. Default: the address. */
  name: z
    .string()
    .trim()
    .regex(/^[^\p{C}"\\$]{1,64}$/u, {
      error: (issue) =>
        fault(
          `${shown(issue.input)} cannot be shown as a name: 1 to 64 characters, without quotes, $ and \\.`,
          "pulumi config set --path 'signIn.users[0].name' 'Ann Lee'",
        ),
    })
    .optional(),
  /** bcrypt hash of a password of the user's own, cost 10 to 15: `htpasswd -BnC 10 ann`. */
  passwordHash: z
    .string()
    .regex(BCRYPT, {
      error:
        "this is no bcrypt hash of cost 10 to 15. `htpasswd -nBC 10 ann` makes one (the part behind the colon):\npulumi config set --secret --path 'signIn.users[0].passwordHash' '<hash>'",
    })
    .optional(),
});

const PROVIDER_EXAMPLE = "pulumi config set --path signIn.provider dex";
/** Providers that come with the cloud target. */
const LATER_PROVIDERS = ["okta", "google", "github", "oidc"];

/** How people prove who they are. `dex`: the provider built into the site, with users of its own. */
const signIn = z.strictObject(
  {
    provider: z.literal("dex", {
      error: (issue) =>
        fault(
          LATER_PROVIDERS.includes(String(issue.input))
            ? `${issue.input} cannot be used by this version, which signs people in by its built-in provider, dex.`
            : `${shown(issue.input)} is no provider this program knows. The built-in one is dex.`,
          PROVIDER_EXAMPLE,
        ),
    }),
    users: z
      .array(dexUser, {
        error: (issue) =>
          fault(`the built-in provider needs a list of users, found ${shown(issue.input)}.`, USER_EXAMPLE),
      })
      .superRefine((users, context) => {
        if (users.length === 0)
          context.addIssue({
            code: "custom",
            message: fault("the built-in provider has no user, so nobody could sign in.", USER_EXAMPLE),
          });
        for (const [index, user] of users.entries())
          if (users.findIndex((other) => other.email === user.email) < index)
            context.addIssue({
              code: "custom",
              path: [index, "email"],
              message: fault(`"${user.email}" is there twice.`, `pulumi config rm --path 'signIn.users[${index}]'`),
            });
      }),
  },
  {
    error: (issue) =>
      issue.code === "invalid_type"
        ? fault(`expected provider and users, found ${shown(issue.input)}.`, PROVIDER_EXAMPLE)
        : undefined,
  },
);

/** A TCP port that something can listen on. */
const port = (key: string, example: number) =>
  z
    .int({
      error: (issue) =>
        fault(
          `${shown(issue.input)} is no port; a port is a whole number from 1 to 65535.`,
          `pulumi config set ${key} ${example}`,
        ),
    })
    .min(1, {
      error: (issue) =>
        fault(
          `${issue.input} is no port; a port is a whole number from 1 to 65535.`,
          `pulumi config set ${key} ${example}`,
        ),
    })
    .max(65535, {
      error: (issue) =>
        fault(
          `${issue.input} is no port; a port is a whole number from 1 to 65535.`,
          `pulumi config set ${key} ${example}`,
        ),
    });

/** Folder of this machine for the notebooks: absolute, below `~`, or relative to the checkout. */
const notebooks = z
  .string()
  .trim()
  .superRefine((folder, context) => {
    const refuse = (wrong: string) =>
      context.addIssue({
        code: "custom",
        message: fault(`"${folder}" ${wrong}.`, "pulumi config set notebooks ~/notebooks"),
      });
    if (folder === "")
      return context.addIssue({
        code: "custom",
        message: fault("the folder has no name.", "pulumi config set notebooks ~/notebooks"),
      });
    if (/[\p{Cc}]/u.test(folder)) return refuse("has a line break or another control character in it");
    if (/^(\/+|~\/*|\.\/*)$/.test(folder))
      return refuse("would give Jupyter more than a folder of notebooks; name a folder of its own");
    if (/^~[^/]/.test(folder)) return refuse("names another user's home; write the path out");
    if (/(^|\/)\.\.(\/|$)/.test(folder)) return refuse("leads upwards (..); write the path out from / or ~");
  });

const TARGET_EXAMPLE = "pulumi config set target local";

/** A date tag is for quay.io/jupyter; an image of one's own takes any tag that does not move. */
function whatIsWrongWithTag(image: unknown, tag: unknown): string | undefined {
  if (typeof image !== "string" || typeof tag !== "string") return undefined;
  if (image.startsWith(`${STACKS_REGISTRY}/`))
    return isDate(tag)
      ? undefined
      : `"${tag}" is no date; the images of ${STACKS_REGISTRY} are tagged by the day they were built, YYYY-MM-DD.`;
  if (tag === "latest") return '"latest" means another image every week, without a release of yours; name one version.';
  return /^\w[\w.-]{0,127}$/.test(tag) ? undefined : `"${tag}" is no tag an image can have.`;
}

function isDate(tag: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(tag)) return false;
  const date = new Date(`${tag}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(tag);
}

/** Checks across settings run even when another setting is wrong, so that all faults are shown together. */
const always = { when: () => true };

export const settingsSchema = z
  .strictObject({
    /** Where the site runs. */
    target: z.literal("local", {
      error: (issue) =>
        fault(
          ["gcp", "ssh"].includes(String(issue.input))
            ? `${issue.input} cannot be used by this version, which brings the site up on this machine only.`
            : `${shown(issue.input)} is no kind of machine this program knows. This machine is called local.`,
          TARGET_EXAMPLE,
        ),
    }),
    domain,
    image,
    imageTag,
    imageMirror,
    allow,
    signIn,
    /** HTTPS port on the loopback address. */
    port: port("port", 8443),
    /** HTTP port on the loopback address; redirects to HTTPS. */
    httpPort: port("httpPort", 8080),
    notebooks,
  })
  .refine((settings) => whatIsWrongWithTag(settings.image, settings.imageTag) === undefined, {
    ...always,
    path: ["imageTag"],
    error: ({ input }) => {
      const { image, imageTag } = input as Record<string, unknown>;
      return fault(whatIsWrongWithTag(image, imageTag) ?? "", "pulumi config set imageTag 2026-08-08");
    },
  })
  .refine((settings) => settings.port !== settings.httpPort, {
    ...always,
    path: ["httpPort"],
    error: ({ input }) => {
      const { httpPort } = input as { httpPort: number };
      const free = httpPort === 8080 ? 8081 : 8080;
      return fault(
        `${httpPort} is the HTTPS port, too; the two need different ones.`,
        `pulumi config set httpPort ${free}`,
      );
    },
  });

/** What the user asked for: complete, checked, and nothing else. */
export type Settings = z.infer<typeof settingsSchema>;
/** A user of the built-in provider. */
export type DexUser = Settings["signIn"]["users"][number];
