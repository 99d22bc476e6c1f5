// Puts a page of the notebook's server into the cell that this script stands in.
//
// The kernel cannot know under which URL a browser reaches its server; the browser can find
// out. It tries this machine, if the notebook itself comes from this machine, then the proxy
// of the Jupyter server, and takes the first that answers with the nonce of this very server.
for (const place of document.querySelectorAll(".chatkit-page:not([data-state])")) {
  const { nonce, port, path, height } = place.dataset;

  const local = /^(localhost|127\.|\[::1\])/.test(location.hostname);
  const config = document.getElementById("jupyter-config-data");
  const base = config ? JSON.parse(config.textContent).baseUrl : document.body.dataset.baseUrl;
  const candidates = [];
  if (local || location.protocol === "vscode-webview:") candidates.push(`http://127.0.0.1:${port}/`);
  if (base) candidates.push(`${location.origin}${base}proxy/${port}/`);

  const answers = async (url) => {
    try {
      const signal = AbortSignal.timeout(5000);
      const response = await fetch(`${url}.chatkit/beacon`, { signal, cache: "no-store" });
      return response.ok && (await response.text()) === nonce;
    } catch {
      return false;
    }
  };

  // The page in the frame cannot see the notebook's theme. So it is told, also when it changes.
  const tellTheme = (frame) => {
    const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
    if (!jpThemeLight && !vscodeThemeKind) return;
    const light = jpThemeLight === "true" || vscodeThemeKind?.endsWith("light");
    const message = { type: "chatkit-theme", theme: light ? "light" : "dark" };
    frame.contentWindow.postMessage(message, new URL(frame.src).origin);
  };
  const followTheme = (frame) => {
    const attributeFilter = ["data-jp-theme-light", "data-vscode-theme-kind"];
    const observer = new MutationObserver(() => {
      if (frame.isConnected) tellTheme(frame);
      else observer.disconnect();
    });
    frame.addEventListener("load", () => {
      tellTheme(frame);
      observer.observe(document.body, { attributeFilter });
    });
  };

  const find = async () => {
    place.dataset.state = "looking";
    for (const url of candidates) {
      if (!(await answers(url))) continue;
      const frame = document.createElement("iframe");
      frame.src = url + path;
      frame.title = "A page of the server in this notebook";
      frame.name = `chatkit ${nonce}`; // by which the page knows its server, and finds its chat again
      frame.allow = "clipboard-write";
      frame.style.cssText = "width: 100%; border: 1px solid #8884; border-radius: 8px";
      frame.style.height = `${height}px`;
      followTheme(frame);
      place.replaceChildren(frame);
      place.dataset.state = "shown";
      return;
    }
    const again = document.createElement("button");
    again.textContent = "Look again";
    again.onclick = find;
    place.replaceChildren(
      "No answer from the server of this cell. Run the cell again to start it. If the notebook",
      " runs on another machine, the Jupyter server there needs jupyter-server-proxy: the",
      " command “chatkit doctor”, in a terminal there, says whether it is missing. ",
      again,
    );
    place.dataset.state = "missing";
  };
  find();
}
