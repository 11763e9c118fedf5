import { z } from "zod";
import { allowEntry } from "./allow.ts";
import { whatIsWrongWithFile, whatIsWrongWithFolder } from "./checkout.ts";
import { LABEL } from "./domain.ts";
import { LONGEST_REFERENCE, REGISTRY } from "./image.ts";
import {
  alwaysOnLists,
  anew,
  digitsAsNumber,
  fault,
  kindOf,
  REMOVE_THIS,
  repeated,
  setThis,
  shown,
  text,
  yesOrNo,
} from "./issues.ts";
import { type Sealed, seal } from "./sensitive.ts";

/** Apps: any image behind the same door. */

/** Names that the site has for itself. */
const RESERVED = [
  "jupyter",
  "vouch",
  "dex",
  "nginx",
  "mariadb",
  "home",
  // The bare domain, among nginx's files.
  "domain",
  "lego",
  "notebooks",
  "mysql",
  "sys",
  // Users and roles of MariaDB's own.
  "root",
  "healthcheck",
  "public",
  "www",
];

/** Names that programs do not look up: nginx takes the first for a socket, and /etc/hosts of each container has the others. */
const LEADING_ELSEWHERE = ["unix", "localhost", "ip6-localhost", "ip6-loopback"];
/** Programs take such a name for an IPv4 address: 10 is 0.0.0.10, and so is 0xa. */
const NUMBER = /^(\d+|0x[\da-f]*)$/;

const wrongName = (name: unknown): string | undefined => {
  if (typeof name !== "string" || !LABEL.test(name))
    return "is no name an app can have: small letters, digits and inner hyphens, because it stands in front of the domain";
  // Whoever checks a service's files before a release is called after it.
  if (RESERVED.includes(name) || name.endsWith("-check")) return "is a name of the site's own";
  if (LEADING_ELSEWHERE.includes(name)) return "means something else to programs that look for the app";
  if (NUMBER.test(name)) return "is a number, which programs that look for the app take for an IP address";
  if (name.length > 32) return "is longer than 32 characters";
  return undefined;
};

/** Docker's own short names are names at Docker Hub. */
function inFull(image: string): string {
  const slash = image.indexOf("/");
  const first = image.slice(0, Math.max(slash, 0));
  if (/[.:]/.test(first) || first === "localhost") return image;
  return `docker.io/${slash === -1 ? "library/" : ""}${image}`;
}

const REFERENCE = new RegExp(
  `^${REGISTRY}(/[a-z0-9]+([._-]+[a-z0-9]+)*)+(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$`,
);

function whatIsWrongWithImage(image: string): string | undefined {
  if (image.length > LONGEST_REFERENCE || !REFERENCE.test(image)) return "is no name of an image";
  if (/:latest$/.test(image))
    return "means another image whenever its maker likes, without a release of yours; name one version";
  if (!/[^/]*[:@][^/]*$/.test(image)) return "names no version; put one behind a colon";
  return undefined;
}

const THIS_IMAGE = setThis("docker.io/traefik/whoami:v1.11.0");
const wrongPort = {
  error: (issue: { input?: unknown }) =>
    fault(`${shown(issue.input)} is no port; a port is a whole number from 1 to 65535.`, setThis("8080")),
};

/** The most bytes that Linux takes for `NAME=value` and the null byte behind it (MAX_ARG_STRLEN). */
const LONGEST_VARIABLE = 1 << 17;

function whatIsWrongWithVariable(name: string, value: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return `${shown(name)} is no name of a variable: letters, digits and _, no digit in front.`;
  const bytes = Buffer.byteLength(`${name}=${value}`) + 1;
  return bytes > LONGEST_VARIABLE
    ? `the variable is ${bytes} bytes long with its name, and Linux takes ${LONGEST_VARIABLE} at most.`
    : undefined;
}

/** Refuses the one name that a record of zod's leaves out without a word. */
function withoutLostName(record: unknown, context: z.RefinementCtx): unknown {
  if (typeof record === "object" && record !== null && Object.hasOwn(record, "__proto__"))
    context.addIssue({
      code: "custom",
      path: ["__proto__"],
      message: fault('"__proto__" cannot be used as a name.', REMOVE_THIS),
    });
  return record;
}

/** Variables as the shell has them: `LOG_LEVEL`. */
function variables(what: string) {
  const value = z.preprocess(
    // Without the stack's file (see asWritten), only of whole numbers is it known how they are written.
    (value) => (Number.isSafeInteger(value) || typeof value === "boolean" ? String(value) : value),
    z
      .string({ error: (issue) => fault(`expected a text, found ${kindOf(issue.input)}.`, REMOVE_THIS) })
      .refine((text) => !/[\n\r\0]/.test(text), {
        error: fault("a value of more than one line cannot be handed over as a variable.", REMOVE_THIS),
      })
      .refine((text) => text.isWellFormed(), {
        error: fault("half of a UTF-16 pair cannot be handed over as a variable.", REMOVE_THIS),
      }),
  );
  const named = z
    .record(z.string(), value, {
      error: (issue) => fault(`expected ${what} by their names, found ${kindOf(issue.input)}.`, REMOVE_THIS),
    })
    .superRefine((given, context) => {
      for (const [name, value] of Object.entries(given)) {
        const wrong = whatIsWrongWithVariable(name, value);
        if (wrong) context.addIssue({ code: "custom", path: [name], message: fault(wrong, REMOVE_THIS) });
      }
    });
  return z.preprocess(withoutLostName, named).default({});
}

/** An absolute path in the container, below its root. */
const containerPath = (mend: string) =>
  text("a path in the container", mend)
    .trim()
    .refine((path) => /^(\/[A-Za-z0-9._@+-]+)+$/.test(path) && !/\/\.\.?(\/|$)/.test(path), {
      error: (issue) => fault(`${shown(issue.input)} is no absolute path in the container, such as /data.`, mend),
    });

/** A folder on the host is named by all of it. */
const volume = containerPath(setThis("/data")).refine((path) => path.length <= 255, {
  error: (issue) => fault(`${shown(issue.input)} is longer than 255 characters.`, setThis("/data")),
});

/** A path in this checkout. */
const checkoutPath = (what: string, mend: string) =>
  text(what, mend)
    .trim()
    .refine((path) => /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/.test(path) && !path.split("/").includes(".."), {
      error: (issue) => fault(`${shown(issue.input)} is no path within this checkout, such as files/demo.`, mend),
      abort: true,
    });

/** What has to be there, to be read when the site is released. */
function thatCanBeRead(path: z.ZodString, whatIsWrong: (path: string) => string | undefined) {
  return path.superRefine((path, context) => {
    const wrong = whatIsWrong(path);
    if (wrong) context.addIssue({ code: "custom", message: fault(`${shown(path)} ${wrong}.`, REMOVE_THIS) });
  });
}

const app = z.strictObject(
  {
    /** First label of its name: `adminer` for adminer.lab.example.com. */
    name: z.string({ error: (issue) => nameFault(issue.input) }).superRefine((name, context) => {
      if (wrongName(name)) context.addIssue({ code: "custom", message: nameFault(name) });
    }),
    /** Image with its version; without a registry it is Docker Hub's. */
    image: text("an image", THIS_IMAGE)
      .trim()
      .transform(inFull)
      .superRefine((image, context) => {
        const wrong = whatIsWrongWithImage(image);
        if (wrong) context.addIssue({ code: "custom", message: fault(`${shown(image)} ${wrong}.`, THIS_IMAGE) });
      }),
    /** Port in the container where it speaks HTTP. */
    port: z.preprocess(digitsAsNumber, z.int(wrongPort).min(1, wrongPort).max(65535, wrongPort)),
    /** Words on its tile on the front page. Default: its name. */
    title: text("a title", setThis("'Wine and cheese'"))
      .regex(/^(?!\s)[^\p{C}<>"\\$]{1,64}(?<!\s)$/u, {
        error: (issue) => fault(`${shown(issue.input)} cannot be shown as a title.`, setThis("'Wine and cheese'")),
      })
      .optional(),
    /** Variables in its environment. */
    environment: variables("variables"),
    /** Secret variables; they travel apart, and are in no preview. */
    secrets: variables("secret variables"),
    /** Folders in the container that outlive it: on the data folder, a folder of the app's own. */
    volumes: z
      .array(volume, {
        error: (issue) => fault(`expected a list of paths in the container, found ${shown(issue.input)}.`, REMOVE_THIS),
      })
      .default([]),
    /** Folders of this checkout, by where they are to lie in the container: read-only, sent with the release. */
    files: z
      .preprocess(
        withoutLostName,
        z.record(
          containerPath(REMOVE_THIS),
          thatCanBeRead(checkoutPath("a folder of this checkout", REMOVE_THIS), whatIsWrongWithFolder),
          {
            error: (issue) =>
              fault(`expected folders by their place in the container, found ${shown(issue.input)}.`, REMOVE_THIS),
          },
        ),
      )
      .default({}),
    /** A database and a user of its own; DATABASE_URL and DB_HOST, DB_NAME, DB_USER, DB_PASSWORD in its environment. */
    database: yesOrNo(setThis("true")).default(false),
    /** SQL file of this checkout, run once when the database is made. */
    schema: thatCanBeRead(checkoutPath("an SQL file of this checkout", REMOVE_THIS), whatIsWrongWithFile).optional(),
    /** Whether notebooks may read and write its database, too. */
    shared: yesOrNo(setThis("true")).default(false),
    /** Memory it may take: `256m`, `1g`. */
    memory: text("an amount of memory", setThis("256m"))
      .trim()
      .toLowerCase()
      .regex(/^[1-9]\d*[mg]$/, {
        error: (issue) =>
          fault(`${shown(issue.input)} is no amount of memory: a whole number with m or g.`, setThis("256m")),
      })
      .refine((amount) => !/^[1-5]m$/.test(amount), {
        error: (issue) => fault(`${shown(issue.input)} is less than the 6m that Docker takes.`, setThis("256m")),
      })
      .default("256m"),
    /** Who of the site's people may come in here; absent: all of them. */
    allow: z
      .array(allowEntry, {
        error: (issue) => fault(`expected a list of addresses, found ${shown(issue.input)}.`, REMOVE_THIS),
      })
      .min(1, {
        error: fault(
          "nobody could come in, the list is empty; without a list, everybody of the site may.",
          REMOVE_THIS,
        ),
      })
      .optional(),
    /** Path that answers when the app is well; absent: that its port takes connections is enough. */
    path: text("a path", setThis("/healthz"))
      .trim()
      .regex(/^\/[A-Za-z0-9._~/%?=&-]*$/, {
        error: (issue) => fault(`${shown(issue.input)} is no path of a page.`, setThis("/healthz")),
      })
      .optional(),
    /** Whether it speaks WebSocket. */
    websocket: yesOrNo(setThis("true")).default(false),
    /** Whether pages of other names and sites may send forms to it, and ask it by scripts, frames and WebSockets. */
    crossSite: yesOrNo(setThis("true")).default(false),
  },
  {
    error: (issue) =>
      issue.code === "invalid_type"
        ? fault(`expected an app with name, image and port, found ${kindOf(issue.input)}.`, REMOVE_THIS)
        : undefined,
  },
);

function nameFault(name: unknown): string {
  const wrong = wrongName(name) ?? "is no name";
  const asLabel = String(name)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 32);
  const meant = typeof name === "string" && wrongName(asLabel) === undefined ? asLabel : "myapp";
  return fault(`${shown(name)} ${wrong}.`, setThis(meant));
}

const APP_EXAMPLE = "pulumi config set --path 'apps[0].name' whoami";

export const apps = z
  .array(app, {
    error: ({ input }) => fault(`expected a list of apps, found ${kindOf(input)}.`, anew(input, APP_EXAMPLE)),
  })
  .superRefine((apps, context) => {
    for (const index of repeated(apps.map((app) => app?.name)))
      context.addIssue({
        code: "custom",
        path: [index, "name"],
        message: fault(
          `${shown(apps[index]?.name)} is the name of an app before it, too.`,
          setThis(`${apps[index]?.name}-2`),
        ),
      });
    for (const [index, given] of apps.entries()) {
      if (typeof given !== "object" || given === null) continue;
      for (const part of ["schema", "shared"] as const)
        if (given[part] && given.database === false)
          context.addIssue({
            code: "custom",
            path: [index, part],
            message: fault(
              "the app has no database of its own for this.",
              `pulumi config set --path 'apps[${index}].database' true`,
            ),
          });
      for (const { path, wrong } of givenTwice(given))
        context.addIssue({ code: "custom", path: [index, ...path], message: fault(wrong, REMOVE_THIS) });
    }
  }, alwaysOnLists);

type Checked = z.infer<typeof app>;
export type App = Sealed<Checked, "secrets">;

/**
 * Seals what is secret of the apps.
 * @param encrypted whether something in the setting is: Pulumi does not tell what, so that every variable counts as secret.
 */
export function sealedApps(apps: Checked[], encrypted: boolean): App[] {
  return apps.map((app) => {
    // Of two of the same name, Compose takes that of the environment.
    const secrets = { ...app.secrets, ...app.environment };
    return seal(encrypted ? { ...app, environment: {}, secrets } : app, "secrets");
  });
}

/** What Docker would refuse when the site is released, or take one of without a word. Any part may be of the wrong kind. */
function givenTwice({ volumes, files, environment, secrets }: Checked): { path: (string | number)[]; wrong: string }[] {
  const list = Array.isArray(volumes) ? volumes : [];
  const names = (record: unknown) => (typeof record === "object" && record !== null ? Object.keys(record) : []);
  return [
    ...repeated(list).map((index) => ({
      path: ["volumes", index],
      wrong: `${shown(list[index])} is in the list twice.`,
    })),
    ...names(files)
      .filter((at) => list.includes(at))
      .map((at) => ({
        path: ["files", at],
        wrong: `${shown(at)} is one of the volumes, too; only one of them can lie there.`,
      })),
    ...names(environment)
      .filter((name) => names(secrets).includes(name))
      .map((name) => ({ path: ["environment", name], wrong: `${shown(name)} is one of the secrets, too.` })),
  ];
}

/** Names of apps that are no more, whose data is to go, too. */
export const purge = z.array(
  z
    .string({ error: (issue) => fault(`expected the name of an app, found ${shown(issue.input)}.`, REMOVE_THIS) })
    .refine((name) => LABEL.test(name) && !RESERVED.includes(name), {
      error: (issue) => fault(`${shown(issue.input)} is no name an app can have had.`, REMOVE_THIS),
    }),
  { error: ({ input }) => fault(`expected a list of apps' names, found ${shown(input)}.`, "pulumi config rm purge") },
);
