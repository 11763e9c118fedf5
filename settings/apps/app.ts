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

/** The full name of an image: a name without a registry is Docker Hub's. */
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
  if (image.length > LONGEST_REFERENCE || !REFERENCE.test(image)) return "is not the name of an image";
  if (/:latest$/.test(image)) return "can change to another image at any time without a release; name a fixed version";
  if (!/[^/]*[:@][^/]*$/.test(image)) return "names no version; add one after a colon";
  return undefined;
}

const THIS_IMAGE = setThis("docker.io/traefik/whoami:v1.11.0");
/** An app in the settings. */
export const app = z.strictObject(
  {
    /** First label of its host name: `adminer` for adminer.lab.example.com. */
    name: z.string({ error: (issue) => nameIssue(issue.input) }).superRefine((name, context) => {
      if (whatIsWrongWithName(name)) context.addIssue({ code: "custom", message: nameIssue(name) });
    }),
    /** Image with its version; without a registry: at Docker Hub. */
    image: text("an image", THIS_IMAGE)
      .trim()
      .transform(inFull)
      .superRefine((image, context) => {
        const wrong = whatIsWrongWithImage(image);
        if (wrong) context.addIssue({ code: "custom", message: withFix(`${format(image)} ${wrong}.`, THIS_IMAGE) });
      }),
    /** Port in the container that serves HTTP. */
    port: port(setThis("8080")),
    /** Title of its tile on the front page. Default: its name. */
    title: text("a title", setThis("'Wine and cheese'"))
      .regex(/^(?!\s)[^\p{C}<>"\\$]{1,64}(?<!\s)$/u, {
        error: (issue) => withFix(`${format(issue.input)} cannot be shown as a title.`, setThis("'Wine and cheese'")),
      })
      .optional(),
    /** Environment variables. */
    environment: variables("variables"),
    /** Secret environment variables; they are sent separately and never shown in previews. */
    secrets: variables("secret variables"),
    /** Folders in the container that outlive it, stored in the app's own data folder. */
    volumes: z
      .array(volume, {
        error: (issue) =>
          withFix(`expected a list of paths in the container, found ${format(issue.input)}.`, REMOVE_THIS),
      })
      .default([]),
    /** Folders of this checkout, by their path in the container: read-only, sent with the release. */
    files: z
      .preprocess(
        withoutProto,
        z.record(
          containerPath(REMOVE_THIS),
          thatCanBeRead(checkoutPath("a folder of this checkout", REMOVE_THIS), whatIsWrongWithFolder),
          {
            error: (issue) =>
              withFix(`expected folders by their path in the container, found ${format(issue.input)}.`, REMOVE_THIS),
          },
        ),
      )
      .default({}),
    /** Whether it gets its own database and user, as DATABASE_URL and DB_HOST, DB_NAME, DB_USER, DB_PASSWORD. */
    database: yesOrNo(setThis("true")).default(false),
    /** SQL file of this checkout, run once when the database is created. */
    schema: thatCanBeRead(checkoutPath("an SQL file of this checkout", REMOVE_THIS), whatIsWrongWithFile).optional(),
    /** Whether notebooks may also read and write its database. */
    shared: yesOrNo(setThis("true")).default(false),
    /** Memory limit: `256m`, `1g`. */
    memory: text("an amount of memory", setThis("256m"))
      .trim()
      .toLowerCase()
      .regex(/^[1-9]\d*[mg]$/, {
        error: (issue) =>
          withFix(`${format(issue.input)} is not an amount of memory: a whole number with m or g.`, setThis("256m")),
      })
      .refine((amount) => !/^[1-5]m$/.test(amount), {
        error: (issue) => withFix(`${format(issue.input)} is less than Docker's minimum of 6m.`, setThis("256m")),
      })
      .default("256m"),
    /** Users of the site who may enter the app; absent: all of them. */
    allow: z
      .array(allowEntry, {
        error: (issue) => withFix(`expected a list of addresses, found ${format(issue.input)}.`, REMOVE_THIS),
      })
      .min(1, {
        error: withFix(
          "the list is empty, so nobody could enter; without a list, every user of the site can.",
          REMOVE_THIS,
        ),
      })
      .optional(),
    /** Path of its health check; absent: it is healthy if its port accepts connections. */
    path: text("a path", setThis("/healthz"))
      .trim()
      .regex(/^\/[A-Za-z0-9._~/%?=&-]*$/, {
        error: (issue) => withFix(`${format(issue.input)} is not a URL path.`, setThis("/healthz")),
      })
      .optional(),
    /** Whether it uses WebSocket. */
    websocket: yesOrNo(setThis("true")).default(false),
    /** Whether pages of other hosts may send forms to it, embed it, and call it from scripts and WebSockets. */
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
  /** SQL file of this checkout, run once when the database is created. */
  schema: string | undefined;
  /** Whether notebooks may read and write it. */
  shared: boolean;
}

/** An app as the site runs it. */
export interface App extends Omit<CheckedApp, "secrets" | "database" | "schema" | "shared"> {
  secrets: Sensitive<Record<string, string>>;
  database: AppDatabase | false;
}

/**
 * Converts an app of the settings.
 * @param encrypted whether any part of the setting `apps` is encrypted. Pulumi does not tell which, so then every
 *   variable counts as secret.
 */
export function resolveApp({ database, schema, shared, ...app }: CheckedApp, encrypted: boolean): App {
  const variables = encrypted
    ? // As in Compose, `environment` wins over `secrets`.
      { environment: {}, secrets: { ...app.secrets, ...app.environment } }
    : { environment: app.environment, secrets: app.secrets };
  return {
    ...app,
    environment: variables.environment,
    secrets: new Sensitive(variables.secrets),
    database: database && { schema, shared },
  };
}
