/*
 * A plugin of JupyterLab: it confirms messages of kernels. After a cut connection, the server sends the messages again that
 * the page has not confirmed (jupyter_up/connections.py). The page may have received some of them, and ignores those.
 *
 * JupyterLab loads plugins as webpack containers. One file without dependencies needs no webpack.
 */
(() => {
  /** More than the server sends again. */
  const REMEMBERED = 20_000;

  /** Ids of the messages that arrived, by session. A session is one use of a kernel in one page. */
  const arrived = new Map();

  /** A message in Jupyter's binary protocol starts with the number of offsets, and the offset of each part: 8 bytes each. */
  function messageId(data) {
    if (typeof data === "string") return JSON.parse(data).header.msg_id;
    const view = new DataView(data);
    const offset = (part) => Number(view.getBigUint64(8 * (part + 1), true));
    const header = new Uint8Array(data, offset(1), offset(2) - offset(1));
    return JSON.parse(new TextDecoder().decode(header)).msg_id;
  }

  /** Whether the server asks if the messages up to here have arrived. The page sends the question back. */
  const isQuestion = (data) => typeof data === "string" && data.startsWith('{"confirm":');

  function isNew(session, id) {
    if (!arrived.has(session)) arrived.set(session, new Set());
    const ids = arrived.get(session);
    if (ids.has(id)) return false;
    ids.add(id);
    if (ids.size > REMEMBERED) ids.delete(ids.values().next().value);
    return true;
  }

  /** Returns a class of WebSockets that confirms messages, and passes each one on only once. */
  const receivingOnce = (Base) =>
    class extends Base {
      #session;

      constructor(url, protocols) {
        const session = /\/api\/kernels\/[^/?]+\/channels\?session_id=([^&]+)/.exec(url)?.[1];
        super(session === undefined ? url : `${url}&resend=1`, protocols);
        this.#session = session;
      }

      get onmessage() {
        return super.onmessage;
      }

      set onmessage(handler) {
        const session = this.#session;
        if (session === undefined || !handler) super.onmessage = handler;
        else
          super.onmessage = (event) => {
            if (isQuestion(event.data)) this.send(event.data);
            else if (isNew(session, messageId(event.data))) handler.call(this, event);
          };
      }
    };

  const plugin = {
    id: "jupyter-up:resend",
    description: "Ignores output that the server sent again after a cut connection.",
    autoStart: true,
    activate(app) {
      const { serverSettings } = app.serviceManager;
      serverSettings.WebSocket = receivingOnce(serverSettings.WebSocket);
    },
  };

  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB["jupyter-up"] = {
    init() {},
    get: async () => () => plugin,
  };
})();
