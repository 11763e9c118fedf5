import { z } from "zod";
import { allowEntry } from "../allow.ts";
import { whatIsWrongWithFile, whatIsWrongWithFolder } from "../checkout.ts";
import { format, kindOf, REMOVE_THIS, setThis, text, withFix, withoutProto, yesOrNo } from "../issues.ts";
import { LONGEST_REFERENCE, REGISTRY } from "../jupyter/image.ts";
import { port } from "../port.ts";
import { Sensitive } from "../sensitive.ts";
import { nameIssue, whatIsWrongWithName } from "./name.ts";
import { checkoutPath, containerPath, thatCanBeRead, volume } from "./paths.ts";
import { variables } from "./variables.ts";

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
/** An app as it is written in the settings. */
export const app = z.strictObject(
  {
    /** First label of its name: `adminer` for adminer.lab.example.com. */
    name: z.string({ error: (issue) => nameIssue(issue.input) }).superRefine((name, context) => {
      if (whatIsWrongWithName(name)) context.addIssue({ code: "custom", message: nameIssue(name) });
    }),
    /** Image with its version; without a registry it is Docker Hub's. */
    image: text("an image", THIS_IMAGE)
      .trim()
      .transform(inFull)
      .superRefine((image, context) => {
        const wrong = whatIsWrongWithImage(image);
        if (wrong) context.addIssue({ code: "custom", message: withFix(`${format(image)} ${wrong}.`, THIS_IMAGE) });
      }),
    /** Port in the container where it speaks HTTP. */
    port: port(setThis("8080")),
    /** Title on its tile on the front page. Default: its name. */
    title: text("a title", setThis("'Wine and cheese'"))
      .regex(/^(?!\s)[^\p{C}<>"\\$]{1,64}(?<!\s)$/u, {
        error: (issue) => withFix(`${format(issue.input)} cannot be shown as a title.`, setThis("'Wine and cheese'")),
      })
      .optional(),
    /** Variables in its environment. */
    environment: variables("variables"),
    /** Secret variables; they travel apart, and are in no preview. */
    secrets: variables("secret variables"),
    /** Folders in the container that outlive it: on the data folder, a folder of the app's own. */
    volumes: z
      .array(volume, {
        error: (issue) =>
          withFix(`expected a list of paths in the container, found ${format(issue.input)}.`, REMOVE_THIS),
      })
      .default([]),
    /** Folders of this checkout, by where they are to lie in the container: read-only, sent with the release. */
    files: z
      .preprocess(
        withoutProto,
        z.record(
          containerPath(REMOVE_THIS),
          thatCanBeRead(checkoutPath("a folder of this checkout", REMOVE_THIS), whatIsWrongWithFolder),
          {
            error: (issue) =>
              withFix(`expected folders by their place in the container, found ${format(issue.input)}.`, REMOVE_THIS),
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
          withFix(`${format(issue.input)} is no amount of memory: a whole number with m or g.`, setThis("256m")),
      })
      .refine((amount) => !/^[1-5]m$/.test(amount), {
        error: (issue) => withFix(`${format(issue.input)} is less than the 6m that Docker takes.`, setThis("256m")),
      })
      .default("256m"),
    /** Who of the site's people may come in here; absent: all of them. */
    allow: z
      .array(allowEntry, {
        error: (issue) => withFix(`expected a list of addresses, found ${format(issue.input)}.`, REMOVE_THIS),
      })
      .min(1, {
        error: withFix(
          "nobody could come in, the list is empty; without a list, everybody of the site may.",
          REMOVE_THIS,
        ),
      })
      .optional(),
    /** Path that answers when the app is well; absent: that its port takes connections is enough. */
    path: text("a path", setThis("/healthz"))
      .trim()
      .regex(/^\/[A-Za-z0-9._~/%?=&-]*$/, {
        error: (issue) => withFix(`${format(issue.input)} is no path of a page.`, setThis("/healthz")),
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
        ? withFix(`expected an app with name, image and port, found ${kindOf(issue.input)}.`, REMOVE_THIS)
        : undefined,
  },
);

export type CheckedApp = z.infer<typeof app>;

/** An app's own database. */
export interface AppDatabase {
  /** SQL file of this checkout, run once when the database is made. */
  schema: string | undefined;
  /** Whether notebooks may read and write it. */
  shared: boolean;
}

/** An app as the site runs it. */
export interface App extends Omit<CheckedApp, "secrets" | "database" | "schema" | "shared"> {
  secrets: Sensitive<Record<string, string>>;
  database: AppDatabase | false;
}

/** @param encrypted whether something in the setting `apps` is: Pulumi does not tell what, so every variable counts as secret. */
export function resolveApp({ database, schema, shared, ...app }: CheckedApp, encrypted: boolean): App {
  const variables = encrypted
    ? // Of two of the same name, Compose takes that of the environment.
      { environment: {}, secrets: { ...app.secrets, ...app.environment } }
    : { environment: app.environment, secrets: app.secrets };
  return {
    ...app,
    environment: variables.environment,
    secrets: new Sensitive(variables.secrets),
    database: database && { schema, shared },
  };
}
