// Puts a page of the notebook's server into the cell that this script stands in.
//
// The kernel cannot know under which URL a browser reaches its server; the browser can find
// out. It asks this machine, if the notebook is near, then the proxy of the Jupyter server, and
// takes the first that answers with the nonce of this very server and whose page may be framed.
for (const element of document.querySelectorAll(".chatkit-page:not([data-state])")) {
  const { nonce, port, path, height, near, at } = element.dataset;
  const link = element.querySelector("a"); // to the page, on the machine of the kernel

  // What program is this, around the cell?
  const { hostname, origin, protocol } = location;
  const { baseUrl, vscodeThemeKind } = document.body.dataset;
  const config = document.getElementById("jupyter-config-data");
  const base = config ? JSON.parse(config.textContent).baseUrl : baseUrl;
  const isVSCode = protocol === "vscode-webview:" || vscodeThemeKind !== undefined;
  const colab = globalThis.google?.colab?.kernel;
  const site = /(^|\.)(kaggle|deepnote)[a-z]*\.(com|net|org)$/.exec(hostname)?.[2];
  const isNear = near?.split(" ").some((it) => it === protocol || it === `http://${hostname}:*`);

  const say = (state, ...words) => {
    element.dataset.state = state;
    element.replaceChildren(...words);
  };

  const NO_ANSWER =
    "No answer from the server of this cell. Run the cell that starts the server, and this one " +
    "if it is another.";
  const COPY = "Where this notebook runs, a live page of its server stands here.";

  if (!link || !/^\d+$/.test(port)) {
    // Stored with the lesson, or in a notebook that is not trusted: nobody has run this cell.
    if (!base && !isVSCode && !colab && !site) say("copy", COPY, " You are reading a copy of it.");
    continue;
  }

  // The nonce of the server behind a URL; or the status of what else answers; 0: nothing does.
  const ask = async (url) => {
    try {
      const signal = AbortSignal.timeout(10_000);
      const response = await fetch(`${url}.chatkit/beacon`, { signal, cache: "no-store" });
      return response.ok ? await response.text() : response.status;
    } catch {
      return 0;
    }
  };

  // An iframe that a policy refuses loads too. So a page of the server, under the policy of the one
  // that is shown, has to say that it runs.
  const runsInIframe = (url) =>
    new Promise((resolve) => {
      const iframe = document.createElement("iframe");
      const end = (runs) => {
        removeEventListener("message", hear);
        iframe.remove();
        resolve(runs);
      };
      const hear = ({ source, data }) => {
        if (source === iframe.contentWindow && data === "chatkit-framed") end(true);
      };
      addEventListener("message", hear);
      iframe.onload = () => setTimeout(end, 5_000, false);
      setTimeout(end, 30_000, false);
      iframe.hidden = true;
      iframe.src = `${url}.chatkit/frame?${path.split(/[?#]/)[0]}`;
      element.append(iframe);
    });

  // The page in the iframe cannot see the notebook's theme. So it is told, also when it changes.
  const tellTheme = (iframe) => {
    const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
    if (!jpThemeLight && !vscodeThemeKind) return;
    const light = jpThemeLight === "true" || vscodeThemeKind?.endsWith("light");
    const message = { type: "chatkit-theme", theme: light ? "light" : "dark" };
    iframe.contentWindow.postMessage(message, new URL(iframe.src).origin);
  };
  const followTheme = (iframe) => {
    const attributeFilter = ["data-jp-theme-light", "data-vscode-theme-kind"];
    const observer = new MutationObserver(() => {
      if (iframe.isConnected) tellTheme(iframe);
      else observer.disconnect();
    });
    iframe.addEventListener("load", () => tellTheme(iframe));
    observer.observe(document.body, { attributeFilter });
    tellTheme(iframe);
  };

  // Resolves to whether the page may be framed. A page that never ends loading is shown meanwhile.
  const show = async (url) => {
    const iframe = document.createElement("iframe");
    iframe.src = url + path;
    iframe.title = "A page of the server in this notebook";
    iframe.name = `chatkit ${nonce}`; // by which the page knows its server and finds its chat again
    iframe.allow = "clipboard-write";
    iframe.style.cssText = "width: 100%; border: 1px solid #8884; border-radius: 8px";
    iframe.style.height = `${height}px`;
    const loaded = new Promise((resolve) => {
      iframe.onload = resolve;
      setTimeout(resolve, 5_000);
    });
    say("looking", iframe);
    await loaded;
    if (!(await runsInIframe(url))) return false;
    element.dataset.state = "shown";
    followTheme(iframe);
    return true;
  };

  // Whether the proxy has been the way on this machine, as where JupyterLab is in a container.
  const WAY = "chatkit: the proxy is the way";
  const remember = (isWay) => {
    try {
      if (isWay) localStorage.setItem(WAY, "yes");
      else localStorage.removeItem(WAY);
    } catch {} // a browser may refuse to keep anything
  };
  const isKnownWay = () => {
    try {
      return localStorage.getItem(WAY) !== null;
    } catch {
      return false;
    }
  };

  const find = async (isAsked) => {
    element.dataset.state = "looking";
    const direct = `http://127.0.0.1:${port}/`;
    const isNew = Math.abs(Date.now() / 1000 - at) < 20;
    const urls = isNear ? [direct] : [];
    // Where this machine refuses, the proxy of a JupyterLab on it would fail, too, and log that at
    // length. So it is not asked for each old page of a notebook that is opened again.
    if (base && (!isNear || isNew || isAsked || isKnownWay())) {
      urls.push(`${origin}${base}proxy/${port}/`);
    }
    let answer = 0;
    let isThere = false;
    for (const url of urls) {
      answer = await ask(url);
      if (answer !== nonce) continue;
      isThere = true;
      link.href = url + path;
      if (!(await show(url))) continue;
      if (base && isNear) remember(url !== direct);
      return;
    }
    const again = document.createElement("button");
    again.textContent = "Look again";
    again.onclick = () => find(true);
    if (isThere) {
      link.textContent = "open it in a tab";
      const words = "The server answers, but its page does not run in this cell: ";
      say("refused", words, link, ". ", again);
    } else if (base && answer === 404) {
      const need =
        " The Jupyter server lacks jupyter-server-proxy, through which the page would come here: " +
        "see the command “chatkit doctor”, in a terminal there. On that machine the page is at ";
      say("missing", NO_ANSWER, need, link, ". ", again);
    } else if (base) {
      say("missing", NO_ANSWER, " On that machine the page is at ", link, ". ", again);
    } else if (isVSCode) {
      const remote =
        ` If the kernel is on another machine, forward port ${port} (in the view “Ports”) and ` +
        "look again, or open the page in a tab: ";
      say("missing", NO_ANSWER, remote, link, ". ", again);
    } else {
      say("copy", COPY, " If it runs here, open the page in a tab: ", link, ".");
    }
  };

  const linkThroughColab = async () => {
    element.dataset.state = "looking";
    try {
      link.href = new URL(path, await colab.proxyPort(Number(port)));
      link.textContent = "open it in a tab";
      say("linked", "In Colab, the page of this server has no place in a cell: ", link, ".");
    } catch {
      say("missing", NO_ANSWER);
    }
  };

  if (colab) {
    linkThroughColab();
  } else if (site && !base) {
    const name = site[0].toUpperCase() + site.slice(1);
    const words =
      " has no way from a cell to a server of the notebook. The lessons run in JupyterLab: on " +
      "your own machine, or on a JupyterHub.";
    say("missing", name, words);
  } else if (isVSCode && !isNear) {
    const words =
      "VS Code in a browser has no place in a cell for the page of this server. In its view " +
      `“Ports”, open the address of port ${port}${path && `, with ${path} after it`}. ` +
      "The lessons run in JupyterLab there, too: type “chatkit lab” in a terminal.";
    say("missing", words);
  } else {
    find(false);
  }
}
