/*
 * WebSockets and event streams, which stay open. They pass through this on their way from nginx to a service, and are cut when the
 * person is not allowed any more: the session or the program's key ended, or the person was removed from an allow list. nginx itself
 * decides only when a request begins.
 */

/** Milliseconds between two checks. */
const CHECKED_EVERY = 500;
const HEADER = /\r\nX-Session-Id: ([\w-]+)\r\n/i;
const IS_WEBSOCKET = /\r\nUpgrade: *websocket\r\n/i;
/** Close frames of WebSockets with the code 1008, "policy violation"; see RFC 6455, 5.5.1. Those of a client have a mask. */
const CLOSE_CLIENT = [0x88, 2, 0x03, 0xf0];
const CLOSE_SERVICE = [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xf0];

/**
 * @param store The sessions; see store.js.
 * @param lists Allow lists; see allowList.js.
 * @param programs Programs with a key; see programs.js.
 */
function sockets(store, lists, programs) {
  /** Watches one connection. Its first bytes are the request, in which nginx names the session. */
  function watch(s) {
    let head = "";
    s.on("upstream", (data, flags) => {
      head += data.toString();
      s.send(data, flags);
      if (head.indexOf("\r\n\r\n") === -1) return;
      s.off("upstream");
      const named = HEADER.exec(head);
      check(s, allowance(named ? named[1] : "", s.variables.label), IS_WEBSOCKET.test(head));
    });
  }

  /** Returns a function that says whether the session or key goes on and its person is welcome here. An error counts as no. */
  function allowance(id, label) {
    let version;
    let isWelcome = false;
    return () => {
      try {
        const person = personOf(id, label);
        if (person === undefined) return false;
        const newest = lists.version();
        if (newest !== version) isWelcome = lists.isWelcome(person, label);
        version = newest;
        return isWelcome;
      } catch (_error) {
        return false;
      }
    };
  }

  /** The person of a session or a program's key that has not ended. */
  function personOf(id, label) {
    const session = store.read(id);
    if (session === undefined) return programs.personOf(id, label);
    return store.isOpen(id) ? session.person : undefined;
  }

  function check(s, isAllowed, isWebSocket) {
    if (isAllowed()) setTimeout(() => check(s, isAllowed, isWebSocket), CHECKED_EVERY);
    else cut(s, isWebSocket);
  }

  /**
   * Cuts a connection. An error in a handler makes nginx close both sides, but handlers run only when data arrives. So both sides of a
   * WebSocket are told to close it, and answer. From here on, no byte passes.
   */
  function cut(s, isWebSocket) {
    const stop = () => {
      throw new Error("the session is over");
    };
    s.on("upstream", stop);
    s.on("downstream", stop);
    if (!isWebSocket) return;
    s.sendDownstream(Buffer.from(CLOSE_CLIENT));
    s.sendUpstream(Buffer.from(CLOSE_SERVICE));
  }

  return { watch };
}

export default sockets;
