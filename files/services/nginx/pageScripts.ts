/** Code of nginx's own pages. nginx's configuration contains some of it, so it may not contain a dollar sign. */

/** The page that needs a session, and tells other windows that there is one; see signed-in.conf. */
export const SIGNED_IN_PATH = "/sso-signed-in";

/** Where a page says that somebody signed in. JupyterLab's plugin for the sign-in listens there, too (signIn.js). */
const CHANNEL = "jupyter-up-sign-in";

/** Tells the windows that wait, and closes this one. A browser does not let every window close itself. */
export const SIGNED_IN = `
new BroadcastChannel("${CHANNEL}").postMessage("signed in");
setTimeout(() => close(), 200);
setTimeout(() => { document.getElementById("text").textContent = "You can close this window and go on where you were."; }, 1500);
`;

/**
 * Opens the sign-in in a window, and then reloads the page: the browser sends the form again. The message of that window does not
 * always arrive, because browsers separate windows. So the page also asks, after the click and when it has the focus again.
 */
export const SEND_AGAIN = `
const link = document.querySelector("a");
let isSentAgain = false;
const sendAgain = () => {
  if (!isSentAgain) location.reload();
  isSentAgain = true;
};
const ask = async () => {
  const answer = await fetch("${SIGNED_IN_PATH}", { cache: "no-store" }).catch(() => ({}));
  if (answer.ok) sendAgain();
};
link.rel = "opener";
link.onclick = (event) => {
  if (open(link.href, "${CHANNEL}", "popup,width=480,height=720")) event.preventDefault();
  setInterval(ask, 2000);
};
new BroadcastChannel("${CHANNEL}").onmessage = sendAgain;
onfocus = ask;
`;

/** Says so if an app did not only need a moment. The page reloads by itself, so it notes since when. */
export const APP_IS_DOWN = `
const now = Date.now();
const [first, last] = JSON.parse(sessionStorage.getItem("jupyter-up-app-down") ?? "[0, 0]");
const since = now - last < 30000 ? first : now;
sessionStorage.setItem("jupyter-up-app-down", JSON.stringify([since, now]));
const minutes = Math.floor((now - since) / 60000);
if (minutes > 0) {
  document.title = document.querySelector("h1").textContent = "The app is down";
  document.getElementById("text").textContent = "It has not answered for " + (minutes === 1 ? "a minute" : minutes + " minutes") + ". Tell the owner of this site. This page tries again by itself.";
}
`;
