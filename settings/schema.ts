import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { z } from "zod";
import { nearest } from "./nearest.ts";

/**
 * Everything a user can ask for. The schema is the type and the documentation: each setting says what it is,
 * its default stands in Pulumi.yaml, and each fault is worded here, ending in the command that mends it.
 */

/** A fault as the user reads it: one or two plain sentences, then the command that mends it on a line of its own. */
function fault(sentence: string, command: string): string {
  return `${sentence}\n${command}`;
}

/** Stands in a fault for the path of the value that is wrong; load.ts knows it, a schema does not. */
export const THIS_KEY = "{key}";
const setThis = (value: string) => `pulumi config set --path '${THIS_KEY}' ${value}`;
/** Begins a value anew: Pulumi puts nothing into a text, or into a list by name. */
const anew = (found: unknown, command: string) =>
  found === undefined ? command : `pulumi config rm --path '${THIS_KEY}' && ${command}`;

/** A value in short, on one line. Of a list or an object nothing is told: something in it may be secret. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "an object";
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 96)}..."` : text;
}

/** A setting that is one text. */
const text = (what: string, command: string) =>
  z.string({ error: (issue) => fault(`expected ${what}, found ${shown(issue.input)}.`, command) });

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Room for the longest name that is put in front of a domain, within DNS's 253 characters. */
const LONGEST_DOMAIN = 253 - "jupyter.".length;
// Narrower than RFC 5321 on purpose: these characters need no quoting in any file that an address ends up in.
const ADDRESS = /^[a-z0-9_%+'&=~!#/-]+(\.[a-z0-9_%+'&=~!#/-]+)*@([a-z0-9-]+\.)+[a-z0-9-]+$/;
const LONGEST_ADDRESS = 254;

function whatIsWrongWithDomain(domain: string): string | undefined {
  if (domain === "") return "is no domain";
  if (/^[a-z]+:\/\//.test(domain)) return "is an address of a page; only the domain's name belongs here";
  if (/[/?#@]/.test(domain)) return "has characters that no domain has; only the domain's name belongs here";
  if (isIP(domain.replace(/^\[|\]$/g, "")) !== 0)
    return "is an IP address; the site needs a name, because each part of it has its own";
  if (/:\d*$/.test(domain)) return "has a port in it; the port has a setting of its own (port)";
  if (domain.includes("*")) return "has a * in it; the site's names are put in front of the domain by itself";
  if (domain.endsWith(".")) return "ends in a dot, which browsers and certificates do not take";
  if (/[^\p{ASCII}]/u.test(domain)) return "has letters beyond a to z; write it as DNS does (xn--...)";
  const labels = domain.split(".");
  if (labels.length < 2)
    return "has one label only, and browsers refuse sign-in cookies for such a domain; it needs two or more";
  const bad = labels.find((label) => !LABEL.test(label));
  if (bad === "") return "has an empty label (two dots in a row, or one in front)";
  if (bad !== undefined)
    return `has the label ${shown(bad)}: letters, digits and inner hyphens only, 63 characters at most`;
  if (/^\d+$/.test(labels.at(-1) ?? "")) return "ends in a number, which no domain does";
  if (domain.length > LONGEST_DOMAIN) return `is ${domain.length} characters long; ${LONGEST_DOMAIN} is the most`;
  return undefined;
}

const DOMAIN_EXAMPLE = "pulumi config set domain lab.example.com";

/** Base domain of the site's names. DNS form, two labels or more; lower-cased. */
const domain = text("a domain", DOMAIN_EXAMPLE)
  .transform((text) => text.trim().toLowerCase())
  .superRefine((domain, context) => {
    const wrong = whatIsWrongWithDomain(domain);
    if (!wrong) return;
    const ascii = domainToASCII(domain);
    const meant = ascii !== domain && !whatIsWrongWithDomain(ascii);
    const mend = meant ? `pulumi config set domain ${ascii}` : DOMAIN_EXAMPLE;
    context.addIssue({ code: "custom", message: fault(`${shown(domain)} ${wrong}.`, mend) });
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
const IMAGE_EXAMPLE = "pulumi config set image scipy-notebook";

/** What Docker takes for a registry, and not for the first part of a name at Docker Hub: it has a dot or a port. */
const REGISTRY = /(localhost|[a-z0-9-]+(\.[a-z0-9-]+)+|[a-z0-9-]+(?=:\d))(:\d{1,5})?/.source;
const REPOSITORY = new RegExp(`^${REGISTRY}(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$`);
const MIRROR = new RegExp(`^${REGISTRY}(/[a-z0-9._-]+)*$`);

const inFull = (image: string) => (image.includes("/") ? image : `${STACKS_REGISTRY}/${image}`);

/** What is wrong with an image's name, and the command that mends it. */
function whatIsWrongWithImage(name: string): [wrong: string, mend: string] | undefined {
  if (name === "") return ["is no name of an image", IMAGE_EXAMPLE];
  if (name.includes("@"))
    return ["has a digest in it; name the image alone, its version has a setting of its own (imageTag)", IMAGE_EXAMPLE];
  const tagged = /^(?<image>.+):(?<tag>[^:/]+)$/.exec(name)?.groups;
  if (tagged) return ["has a tag in it; the tag has a setting of its own", setImageAndTag(tagged.image, tagged.tag)];
  if (/^[a-z0-9-]+\/[a-z0-9]/.test(name) && !REPOSITORY.test(name)) {
    const ownName = name.replace(/^jupyter\//, "");
    return [
      "names no registry; an image of one's own is named in full",
      `pulumi config set image ${STACKS.includes(ownName) ? ownName : `docker.io/${name}`}`,
    ];
  }
  if (!REPOSITORY.test(inFull(name)))
    return ["is no name of an image (lower-case letters, digits, and . _ - / between them)", IMAGE_EXAMPLE];
  const [, stack] = inFull(name).split(`${STACKS_REGISTRY}/`);
  if (stack !== undefined && !STACKS.includes(stack))
    return [
      `is none of the images with JupyterLab in them: ${STACKS.join(", ")}`,
      `pulumi config set image ${nearest(stack, STACKS) ?? "scipy-notebook"}`,
    ];
  return undefined;
}

/** The command that sets both, as far as they can be used. */
function setImageAndTag(image = "", tag = ""): string {
  if (whatIsWrongWithImage(image)) return IMAGE_EXAMPLE;
  const setImage = `pulumi config set image ${image.replace(`${STACKS_REGISTRY}/`, "")}`;
  return whatIsWrongWithTag(image, tag) ? setImage : `${setImage} && pulumi config set imageTag ${tag}`;
}

/** Jupyter's image repository, in full: `quay.io/jupyter/scipy-notebook`. */
const image = text("an image's name", IMAGE_EXAMPLE)
  .trim()
  .superRefine((name, context) => {
    const [wrong, mend] = whatIsWrongWithImage(name) ?? [];
    if (wrong && mend) context.addIssue({ code: "custom", message: fault(`${shown(name)} ${wrong}.`, mend) });
  })
  .transform(inFull);

const TAG_EXAMPLE = "pulumi config set imageTag 2026-08-08";

/** Tag of Jupyter's image. At quay.io/jupyter a date, `2026-08-08`; a moving tag would change the site without a release. */
const imageTag = text("a tag", TAG_EXAMPLE).trim();

/** Registry through which all images are pulled, `host[:port][/path]`; absent: from their own registries. */
const imageMirror = text("a registry's name", "pulumi config rm imageMirror")
  .trim()
  .superRefine((mirror, context) => {
    if (mirror === "" || MIRROR.test(mirror)) return;
    const bare = mirror
      .toLowerCase()
      .replace(/^[a-z]+:\/\//, "")
      .replace(/\/+$/, "");
    const wrong = MIRROR.test(bare)
      ? "has more in it than a registry's name: no https://, no capitals, no slash at the end"
      : "is no registry's name; that has a dot or a port in it, such as mirror.example.com";
    const mend = `pulumi config set imageMirror ${MIRROR.test(bare) ? bare : "mirror.example.com"}`;
    context.addIssue({ code: "custom", message: fault(`${shown(mirror)} ${wrong}.`, mend) });
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

/** Checks across values run even when one of them is wrong, so that all faults are shown together. */
const always = { when: ({ value }: { value: unknown }) => typeof value === "object" && value !== null };
const alwaysOnLists = { when: ({ value }: { value: unknown }) => Array.isArray(value) };

/** Positions of texts that stand in a list before, too. Values that are no text at all are faults of another kind. */
function repeated(list: unknown[]): number[] {
  return [...list.keys()].filter((index) => typeof list[index] === "string" && list.indexOf(list[index]) < index);
}

/** An address, or a whole `@domain`; lower-cased. */
const allowEntry = text("an address", setThis("ann@example.com"))
  .transform((entry) => entry.trim().toLowerCase())
  .superRefine((entry, context) => {
    const wrong = whatIsWrongWithEntry(entry);
    if (!wrong) return;
    context.addIssue({ code: "custom", message: fault(`${shown(entry)} ${wrong}.`, setThis("ann@example.com")) });
  });

/** Who may come in: addresses and `@domains`, each once. */
const allow = z
  .array(allowEntry, {
    error: ({ input }) => fault(`expected a list of addresses, found ${shown(input)}.`, anew(input, ALLOW_EXAMPLE)),
  })
  .superRefine((entries, context) => {
    if (entries.length === 0)
      context.addIssue({
        code: "custom",
        message: fault("nobody could sign in, the list is empty. Add an address or a domain:", ALLOW_EXAMPLE),
      });
    for (const index of repeated(entries)) {
      const entry = entries[index] ?? "";
      if (whatIsWrongWithEntry(entry)) continue;
      context.addIssue({
        code: "custom",
        path: [index],
        message: fault(
          `${shown(entry)} is on the list twice (letter case makes no difference).`,
          `pulumi config rm --path '${THIS_KEY}'`,
        ),
      });
    }
  }, alwaysOnLists);

const USER_EXAMPLE = "pulumi config set --path 'signIn.users[0].email' ann@example.com";
/** Dex refuses cheaper hashes than cost 10, and a sign-in at cost 16 takes seconds of a small machine's CPU. */
const BCRYPT = /^\$2[aby]\$1[0-5]\$[./A-Za-z0-9]{53}$/;

const nameFault = (name: unknown) =>
  fault(
    `${shown(name)} cannot be shown as a name: 1 to 64 characters, without line breaks, double quotes, $ and \\.`,
    setThis("'Ann Lee'"),
  );
const HASH_FAULT = fault(
  "this is no bcrypt hash of cost 10 to 15. `htpasswd -nBC 10 ann` makes one (the part behind the colon):",
  `pulumi config set --secret --path '${THIS_KEY}' '<hash>'`,
);

/** A user of the built-in provider. Without `passwordHash` a password is generated and kept in the stack's secrets. */
const dexUser = z.strictObject(
  {
    /** Address to sign in with. */
    email: text("an address to sign in with", setThis("ann@example.com"))
      .transform((email) => email.trim().toLowerCase())
      .refine((email) => ADDRESS.test(email) && email.length <= LONGEST_ADDRESS, {
        error: (issue) => fault(`${shown(issue.input)} is no address.`, setThis("ann@example.com")),
      }),
    /** Name shown in JupyterLab, at most 64 characters. Default: the address. */
    name: z
      .string({ error: (issue) => nameFault(issue.input) })
      .trim()
      .regex(/^[^\p{C}"\\$]{1,64}$/u, { error: (issue) => nameFault(issue.input) })
      .optional(),
    /** bcrypt hash of a password of the user's own, cost 10 to 15: `htpasswd -nBC 10 ann`. */
    passwordHash: z.string({ error: HASH_FAULT }).regex(BCRYPT, { error: HASH_FAULT }).optional(),
  },
  {
    error: (issue) =>
      issue.code === "invalid_type"
        ? fault(`expected a user with an email, found ${shown(issue.input)}.`, `pulumi config rm --path '${THIS_KEY}'`)
        : undefined,
  },
);

const PROVIDER_EXAMPLE = "pulumi config set --path signIn.provider dex";
/** Providers that come with the cloud target. */
const LATER_PROVIDERS = ["okta", "google", "github", "oidc"];

/** How people prove who they are. `dex`: the provider built into the site, with users of its own. */
const signIn = z.strictObject(
  {
    /** Default: dex. It stands here, too, because Pulumi.yaml's default ends where a user sets any other part of signIn. */
    provider: z
      .literal("dex", {
        error: (issue) =>
          fault(
            LATER_PROVIDERS.includes(String(issue.input))
              ? `${issue.input} cannot be used by this version, which signs people in by its built-in provider, dex.`
              : `${shown(issue.input)} is no provider this program knows. The built-in one is dex.`,
            PROVIDER_EXAMPLE,
          ),
      })
      .default("dex"),
    users: z
      .array(dexUser, {
        error: ({ input }) =>
          fault(`the built-in provider needs a list of users, found ${shown(input)}.`, anew(input, USER_EXAMPLE)),
      })
      .superRefine((users, context) => {
        if (users.length === 0)
          context.addIssue({
            code: "custom",
            message: fault("the built-in provider has no user, so nobody could sign in.", USER_EXAMPLE),
          });
        for (const index of repeated(users.map((user) => user?.email)))
          context.addIssue({
            code: "custom",
            path: [index, "email"],
            message: fault(
              `${shown(users[index]?.email)} is there twice.`,
              `pulumi config rm --path 'signIn.users[${index}]'`,
            ),
          });
      }, alwaysOnLists),
  },
  {
    error: (issue) =>
      issue.code === "invalid_type"
        ? fault(`expected provider and users, found ${shown(issue.input)}.`, anew(issue.input, USER_EXAMPLE))
        : undefined,
  },
);

/** Pulumi hands a number over as its digits. */
const digitsAsNumber = (value: unknown) =>
  typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;

/** A TCP port that something can listen on. */
function port(key: string, example: number) {
  const wrong = {
    error: (issue: { input?: unknown }) =>
      fault(
        `${shown(issue.input)} is no port; a port is a whole number from 1 to 65535.`,
        `pulumi config set ${key} ${example}`,
      ),
  };
  return z.preprocess(digitsAsNumber, z.int(wrong).min(1, wrong).max(65535, wrong));
}

const NOTEBOOKS_EXAMPLE = "pulumi config set notebooks ~/notebooks";

function whatIsWrongWithFolder(folder: string): string | undefined {
  if (folder === "") return "is no folder";
  if (/\p{Cc}/u.test(folder)) return "has a line break or another control character in it";
  if (/^(\/+|~\/*|\.?(\/\.?)*)$/.test(folder))
    return "would give Jupyter more than a folder of notebooks; name a folder of its own";
  if (/^~[^/]/.test(folder)) return "names another user's home; write the path out";
  if (/(^|\/)\.\.(\/|$)/.test(folder)) return "leads upwards (..); write the path out from / or ~";
  if (/^(\.\/+)*\.(state|git)(\/|$)/.test(folder)) return "is a folder of this program's own; name another one";
  return undefined;
}

/** Folder of this machine for the notebooks: absolute, below `~`, or relative to the checkout. */
const notebooks = text("a folder", NOTEBOOKS_EXAMPLE)
  .trim()
  .superRefine((folder, context) => {
    const wrong = whatIsWrongWithFolder(folder);
    if (wrong) context.addIssue({ code: "custom", message: fault(`${shown(folder)} ${wrong}.`, NOTEBOOKS_EXAMPLE) });
  });

const TARGET_EXAMPLE = "pulumi config set target local";

/** A date tag is for quay.io/jupyter; an image of one's own takes any tag that does not move. */
function whatIsWrongWithTag(image: unknown, tag: unknown): string | undefined {
  if (typeof image !== "string" || typeof tag !== "string") return undefined;
  if (inFull(image).startsWith(`${STACKS_REGISTRY}/`))
    return isDate(tag)
      ? undefined
      : `${shown(tag)} is no date; the images of ${STACKS_REGISTRY} are tagged by the day they were built, YYYY-MM-DD.`;
  if (tag === "latest") return '"latest" means another image every week, without a release of yours; name one version.';
  return /^\w[\w.-]{0,127}$/.test(tag) ? undefined : `${shown(tag)} is no tag an image can have.`;
}

function isDate(tag: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(tag)) return false;
  const date = new Date(`${tag}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(tag);
}

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
      return fault(whatIsWrongWithTag(image, imageTag) ?? "", TAG_EXAMPLE);
    },
  })
  .refine((settings) => typeof settings.port !== "number" || settings.port !== settings.httpPort, {
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
