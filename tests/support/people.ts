import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import serverName from "../../files/services/nginx/session/serverName.js";
import { type Answer, navigation, type Question, type Visitor, visitor } from "./visitor.ts";

const HOST = "jupyter.lab.example.com";

/** What people do at a site on which each has a server, as their browsers do it. */
export interface People {
  visit(email: string, path: string, question?: Question): Promise<Answer>;
  /** Sends a request to a person's server, like JupyterLab. */
  api(email: string, method: string, path: string, json?: object): Promise<Answer>;
  /** Follows redirects, until a page that is none. */
  open(email: string, path: string): Promise<Answer & { path: string }>;
  /** What the page of a server that starts is told, until it has started or failed: the last of it. */
  progress(email: string): Promise<Progress>;
  /** All of it. */
  allProgress(email: string): Promise<Progress[]>;
  /** Visits JupyterLab as for the first time. Returns the seconds until it is there. */
  start(email: string): Promise<number>;
  /** Presses the button of the hub's page that stops a person's server. */
  pressStop(email: string): Promise<void>;
  /** The cookies and headers of a form of the hub. */
  formOfHub(email: string, path: string): Promise<{ token: string; headers: Record<string, string> }>;
  /** Forgets the person's session. */
  signInAgain(email: string): void;
}

/** The words of a page. */
const textOf = (page: string) =>
  page
    .replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();

export interface Progress {
  ready?: boolean;
  failed?: boolean;
  progress?: number;
  message: string;
}

/** @param port the site's HTTPS port. */
export function peopleOf(port: () => number): People {
  const visitors = new Map<string, Visitor>();
  const of = (email: string) => {
    const known = visitors.get(email) ?? visitor(port, email);
    visitors.set(email, known);
    return known;
  };
  const visit: People["visit"] = (email, path, question = {}) => of(email).visit(HOST, path, question);
  const open: People["open"] = async (email, path) => {
    for (let hops = 0, here = path; hops < 12; hops++) {
      const answer = await visit(email, here, { headers: navigation });
      const onward = [302, 303].includes(answer.status)
        ? new URL(String(answer.headers.location), `https://${HOST}`)
        : undefined;
      // The page that says that a server is not running goes on by a script. The one about a failed start has another status, and waits.
      const start = /var spawn_url = "([^"]+)"/
        .exec(answer.body)?.[1]
        ?.replaceAll("\\u0026", "&")
        .replaceAll("&amp;", "&");
      if (onward) here = onward.pathname + onward.search;
      else if (start && answer.status === 424) here = start;
      else return { ...answer, path: here };
    }
    return assert.fail(`${path} redirects without end`);
  };
  const allProgress: People["allProgress"] = async (email) => {
    const path = `/hub/api/users/${serverName(email)}/server/progress`;
    const { body } = await visit(email, path, { headers: { accept: "text/event-stream" } });
    return body
      .split("\n\n")
      .filter((event) => event.trim().startsWith("data: "))
      .map((event) => JSON.parse(event.trim().replace(/^data: /, "")));
  };
  const progress: People["progress"] = async (email) => (await allProgress(email)).at(-1) ?? { message: "" };
  const formOfHub: People["formOfHub"] = async (email, path) => {
    const page = await visit(email, path, { headers: navigation });
    const cookie = [page.headers["set-cookie"] ?? []]
      .flat()
      .map((each) => each.split(";")[0])
      .join("; ");
    const token = /_xsrf=([^;]*)/.exec(cookie)?.[1] ?? "";
    return { token, headers: { cookie, "x-xsrftoken": token } };
  };
  return {
    visit,
    open,
    progress,
    allProgress,
    formOfHub,
    api: (email, method, path, json) =>
      visit(email, path, {
        method,
        headers: { "sec-fetch-mode": "cors", cookie: "_xsrf=x", "x-xsrftoken": "x" },
        ...(json ? { json } : {}),
      }),
    async start(email) {
      const began = Date.now();
      const page = await open(email, "/");
      if (page.path.startsWith("/hub/")) {
        assert.match(textOf(page.body), /Your server starts/);
        // It goes on when the hub says so.
        const source = `new EventSource("/hub/api/users/${serverName(email)}/server/progress?_xsrf=`;
        assert.ok(page.body.includes(source), page.body);
        const end = await progress(email);
        assert.equal(end.ready, true, JSON.stringify(end));
      }
      const lab = await open(email, "/lab");
      assert.equal(lab.status, 200, `${lab.path}: ${lab.body.slice(0, 200)}`);
      assert.match(lab.body, /JupyterLab/);
      return (Date.now() - began) / 1000;
    },
    async pressStop(email) {
      const { headers } = await formOfHub(email, "/hub/home");
      const { status, body } = await visit(email, `/hub/api/users/${serverName(email)}/server`, {
        method: "DELETE",
        headers: { ...headers, "sec-fetch-mode": "cors" },
      });
      assert.ok([202, 204].includes(status), `${status} ${body}`);
    },
    signInAgain: (email) => void visitors.delete(email),
  };
}

/** The statuses of requests that are sent one after another for as long as some work takes. */
export async function statusesDuring(request: () => Promise<Answer>, work: () => Promise<unknown>): Promise<number[]> {
  const statuses: number[] = [];
  let goesOn = true;
  const asking = (async () => {
    while (goesOn) {
      statuses.push((await request()).status);
      await sleep(20);
    }
  })();
  await work();
  goesOn = false;
  await asking;
  return statuses;
}
