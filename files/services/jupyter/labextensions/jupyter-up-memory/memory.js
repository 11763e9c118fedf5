/*
 * A plugin of JupyterLab: it shows in the status bar how much memory the kernel of the current tab uses, and all notebooks
 * together (jupyter_up/meter.py).
 *
 * JupyterLab loads plugins as webpack containers. One file without dependencies needs no webpack.
 */
(() => {
  /** Milliseconds between two updates. */
  const EVERY = 5000;
  /** From this share of the limit on, the text is red. */
  const WARN_AT = 0.85;

  const id = "jupyter-up-memory:status";

  const size = (bytes) =>
    bytes < 10 * 2 ** 30 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;

  function show(node, { kernel, used, limit }) {
    node.textContent = `Memory: ${kernel ? `kernel ${size(kernel)}, all ` : ""}${size(used)} of ${size(limit)}`;
    node.title =
      `${kernel ? `This kernel uses ${size(kernel)}. ` : ""}All kernels, terminals and the server use ${size(used)}.` +
      ` If they need more than ${size(limit)}, a kernel is ended.`;
    node.style.color = used < WARN_AT * limit ? "" : "var(--jp-error-color1)";
  }

  function activate(app, statusBar, Widget) {
    const { baseUrl } = app.serviceManager.serverSettings;
    const node = document.createElement("span");
    node.className = "jp-StatusBar-TextItem";
    const item = new Widget();
    item.node.append(node);
    statusBar.registerStatusItem(id, { item, align: "right", rank: 10 });

    const update = async () => {
      if (document.hidden) return;
      const kernel = app.shell.currentWidget?.sessionContext?.session?.kernel?.id ?? "";
      try {
        const answer = await fetch(`${baseUrl}memory/${kernel}`);
        if (answer.ok) show(node, await answer.json());
        else node.textContent = "";
      } catch {
        // Without a connection, JupyterLab itself shows a message.
        node.textContent = "";
      }
    };
    app.shell.currentChanged?.connect(update);
    setInterval(update, EVERY);
    update();
  }

  /** JupyterLab's own modules, by name and version. */
  let shared = {};

  /** One of these modules; undefined in an application that does not have it. */
  async function load(name) {
    const [version] = Object.values(shared[name] ?? {});
    return version && (await version.get())();
  }

  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB["jupyter-up-memory"] = {
    init(scope) {
      shared = scope;
    },
    async get() {
      const [bar, widgets] = [await load("@jupyterlab/statusbar"), await load("@lumino/widgets")];
      if (!bar || !widgets) return () => [];
      const plugin = {
        id,
        description: "Shows how much memory the kernel uses.",
        autoStart: true,
        optional: [bar.IStatusBar],
        activate: (app, statusBar) => statusBar && activate(app, statusBar, widgets.Widget),
      };
      return () => plugin;
    },
  };
})();
