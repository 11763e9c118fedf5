/*
 * A plugin of JupyterLab: when the session is over, it asks the person to sign in in another window. Requests wait until then and are
 * sent again, so nothing on the page is lost (docs/architecture/sign-in.md).
 *
 * JupyterLab loads plugins as webpack containers. One file without dependencies needs no webpack.
 */
(() => {
  /** Where the page that follows a sign-in says so; see files/services/nginx/signedIn.ts. */
  const CHANNEL = "jupyter-up-sign-in";

  const STYLE = `
    .jup-SignIn { box-sizing: border-box; color: var(--jp-ui-font-color1); background: var(--jp-layout-color1); border: 1px solid var(--jp-border-color2);
      border-radius: 6px; font: 14px/1.5 var(--jp-ui-font-family); overflow-wrap: break-word; }
    dialog.jup-SignIn { width: min(26rem, 100vw - 2rem); padding: 20px; box-shadow: 0 4px 24px #0006; }
    dialog.jup-SignIn::backdrop { background: #0008; }
    div.jup-SignIn { position: fixed; z-index: 10001; left: 50%; bottom: 12px; transform: translateX(-50%); display: flex; flex-wrap: wrap; gap: 8px 12px;
      align-items: center; width: max-content; max-width: calc(100vw - 2rem); padding: 8px 12px; box-shadow: 0 2px 12px #0006; }
    .jup-SignIn h2 { margin: 0 0 8px; font-size: 18px; line-height: 1.3; outline: none; }
    .jup-SignIn p { margin: 0 0 16px; }
    .jup-SignIn-actions { display: flex; flex-wrap: wrap; gap: 8px; justify-content: flex-end; }
    .jup-SignIn :is(button, a) { box-sizing: border-box; min-height: 40px; padding: 8px 16px; border: 1px solid var(--jp-border-color1); border-radius: 4px; font: inherit; line-height: 22px;
      color: inherit; background: none; text-decoration: none; cursor: pointer; }
    .jup-SignIn .jup-mod-main { border-color: #b84a0c; color: #fff; background: #b84a0c; }
    .jup-SignIn :is(button, a):focus-visible { outline: 2px solid var(--jp-brand-color1); outline-offset: 2px; }`;

  /** The address of the sign-in, if an answer says that the session is over; otherwise undefined. */
  async function signInOf(answer) {
    if (answer.status !== 401) return undefined;
    const { signIn } =
      (await answer
        .clone()
        .json()
        .catch(() => undefined)) ?? {};
    // An app's own answer must not lead elsewhere.
    return typeof signIn === "string" && signIn.startsWith(`${location.origin}/`) ? signIn : undefined;
  }

  /** An HTML element. */
  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  /** A button that opens the sign-in. If the browser blocks the window, it becomes a link. */
  function opener(address) {
    const button = element("button", { type: "button", className: "jup-mod-main", textContent: "Sign in" });
    button.onclick = () => {
      if (window.open(address, CHANNEL, "popup,width=480,height=720")) return;
      const link = { href: address, target: "_blank", rel: "opener", className: "jup-mod-main" };
      const instead = element("a", { ...link, textContent: "Sign in in a new tab" });
      button.replaceWith(instead);
      instead.focus();
    };
    return button;
  }

  /** Shows the window, and after "Later" a banner. Returns a function that removes both. */
  function show(address) {
    const later = element("button", { type: "button", textContent: "Later" });
    // The title takes the focus. Otherwise a key that is meant for a cell could press a button.
    const title = element("h2", {
      id: "jup-SignIn-title",
      textContent: "Your session is over",
      tabIndex: -1,
      autofocus: true,
    });
    const text =
      "Sign in again to go on. This page stays as it is, and nothing is lost: what could not be saved is saved then. Kernels and terminals keep running.";
    const dialog = element(
      "dialog",
      { className: "jup-SignIn" },
      title,
      element("p", { id: "jup-SignIn-text", textContent: text }),
      element("div", { className: "jup-SignIn-actions" }, later, opener(address)),
    );
    dialog.setAttribute("aria-labelledby", title.id);
    dialog.setAttribute("aria-describedby", "jup-SignIn-text");
    const banner = element(
      "div",
      { className: "jup-SignIn" },
      element("span", {}, "Your session is over. Nothing is saved until you sign in."),
    );
    banner.setAttribute("role", "status");
    const before = document.activeElement;
    later.onclick = () => dialog.close();
    // Also after Escape.
    dialog.onclose = () => {
      document.body.append(banner);
      banner.append(opener(address));
      before?.focus?.();
    };
    document.body.append(dialog);
    dialog.showModal();
    return () => {
      const hadFocus = dialog.contains(document.activeElement) || banner.contains(document.activeElement);
      dialog.onclose = null;
      dialog.remove();
      banner.remove();
      if (hadFocus) before?.focus?.();
    };
  }

  /** Resolves when the person has signed in, in whatever window. */
  function signedIn(address) {
    return new Promise((resolve) => {
      const channel = new BroadcastChannel(CHANNEL);
      const check = async () => {
        if (document.hidden) return;
        const answer = await fetch(address, { cache: "no-store" }).catch(() => undefined);
        if (answer?.ok) finish();
      };
      const finish = () => {
        channel.close();
        window.removeEventListener("focus", check);
        document.removeEventListener("visibilitychange", check);
        resolve();
      };
      channel.onmessage = finish;
      // A browser may separate the windows, and stop a page in the background.
      window.addEventListener("focus", check);
      document.addEventListener("visibilitychange", check);
    });
  }

  const tokenOfPage = () => /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie)?.[1];

  /** Lets a repeated request prove again that it comes from this page, if Jupyter's cookie for that is gone, too. */
  async function withToken(request, baseUrl) {
    // A page of Jupyter sets the cookie.
    if (tokenOfPage() === undefined) await fetch(`${baseUrl}lab`);
    request.headers.set("X-XSRFToken", tokenOfPage() ?? "");
    if (!request.headers.has("Content-Type")) request.headers.set("Content-Type", "application/json");
    return request;
  }

  /** Connects kernels and terminals again. JupyterLab itself waits longer after each attempt, and then gives up. */
  function reconnect(shell) {
    for (const area of ["main", "down"])
      for (const widget of shell.widgets(area)) {
        const kernel = (widget.sessionContext ?? widget.content?.sessionContext)?.session?.kernel;
        const terminal = widget.content?.session;
        for (const connection of [kernel, terminal])
          if (connection?.reconnect && connection.connectionStatus !== "connected")
            connection.reconnect().catch(() => {});
      }
  }

  function activate(app) {
    const { serverSettings } = app.serviceManager;
    const send = serverSettings.fetch;
    let asking;
    /** Repeated requests without an answer. JupyterLab asks whether a kernel exists before it connects to it again. */
    const repeated = new Set();

    async function ask(address) {
      const remove = show(address);
      await signedIn(address);
      remove();
      asking = undefined;
      // The waiting requests first: they are repeated before this continues.
      setTimeout(async () => {
        await Promise.allSettled(repeated);
        reconnect(app.shell);
      });
    }

    function repeat(request) {
      const answer = withToken(request, serverSettings.baseUrl).then(patiently);
      if (request.method === "GET") {
        repeated.add(answer);
        answer.catch(() => {}).finally(() => repeated.delete(answer));
      }
      return answer;
    }

    async function patiently(request) {
      const copy = request.clone();
      const answer = await send(request);
      const address = await signInOf(answer);
      if (address === undefined) return answer;
      asking ??= ask(address);
      await asking;
      return repeat(copy);
    }

    document.head.append(element("style", { textContent: STYLE }));
    serverSettings.fetch = (...request) => patiently(new Request(...request));
  }

  const plugin = {
    id: "jupyter-up-sign-in:window",
    description: "Lets a person sign in again without losing anything on the page.",
    autoStart: true,
    activate,
  };

  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB["jupyter-up-sign-in"] = {
    init() {},
    get: async () => () => plugin,
  };
})();
